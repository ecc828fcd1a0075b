//! Values: such as a schema allows, and such as nobody would send by mistake.

use std::collections::BTreeMap;

use hackstream_hub::access::Permission;
use serde_json::{Value, json};

use super::document::Document;
use crate::harness::PASSWORD;
use crate::random::Random;

/// Deeper than anything in the document.
const DEEPEST: usize = 12;

/// Ids and tokens that answers had, by the name of the field or of the schema.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, Vec<String>>);

/// Of each name so many, the latest ones.
const KEPT: usize = 40;

impl Known {
    pub(super) fn learn(&mut self, name: &str, text: &str) {
        let list = self.0.entry(name.to_owned()).or_default();
        if !list.iter().any(|known| known == text) {
            list.push(text.to_owned());
        }
        if list.len() > KEPT {
            list.remove(0);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whatever has that name is good no more.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Learns the ids of an answer; those of the things themselves are of this kind.
    pub(super) fn learn_from(&mut self, kind: &str, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn_from(kind, item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.learn_field(kind, name, value);
                }
            }
            _ => {}
        }
    }

    fn learn_field(&mut self, kind: &str, name: &str, value: &Value) {
        match value.as_str() {
            Some(id) if looks_like_an_id(id) => {
                let own = ["id", "session_id"].contains(&name);
                self.learn(if own { kind } else { "id" }, id);
            }
            Some(token) if ["refresh_token", "code"].contains(&name) => self.learn(name, token),
            Some(_) => {}
            None => self.learn_from(kind, value),
        }
    }

    pub(super) fn one(&self, random: &mut Random, name: &str) -> Option<String> {
        self.0.get(name).map(|list| random.pick(list).clone())
    }
}

fn looks_like_an_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A value that the schema allows; `name` is that of its field.
pub(super) fn fitting(
    document: &Document,
    random: &mut Random,
    known: &Known,
    (name, schema): (&str, &Value),
    depth: usize,
) -> Value {
    let inner =
        |random: &mut Random, of: (&str, &Value)| fitting(document, random, known, of, depth + 1);
    if let Some(id) = schema["$ref"].as_str().filter(|name| name.ends_with("Id")) {
        return one_id(random, known, id).into();
    }
    let schema = document.resolve(schema);
    if let Some(all) = schema["allOf"].as_array() {
        let mut joined = json!({});
        for each in all {
            let part = inner(random, (name, each));
            let fields = part.as_object().cloned().unwrap_or_default();
            joined.as_object_mut().unwrap().extend(fields);
        }
        return joined;
    }
    if let Some(any) = schema["oneOf"].as_array() {
        // The first may be `null`, which is as good as leaving it away.
        let chosen = random.pick(any);
        return inner(random, (name, chosen));
    }
    if let Some(values) = schema["enum"].as_array() {
        return random.pick(values).clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => random.pick(kinds).as_str(),
        kind => kind.as_str(),
    };
    match kind {
        Some("boolean") => random.once_in(2).into(),
        Some("integer") => integer(random, name).into(),
        Some("string") => text(random, known, name).into(),
        Some("array") if depth < DEEPEST => (0..random.below(3))
            .map(|_| inner(random, (name, &schema["items"])))
            .collect(),
        Some("object") if depth < DEEPEST => {
            let mut made = json!({});
            let required = schema["required"].as_array();
            for (field, of) in schema["properties"].as_object().into_iter().flatten() {
                let needed = required.is_some_and(|names| names.iter().any(|name| name == field));
                if needed || random.once_in(3) {
                    made[field] = inner(random, (field, of));
                }
            }
            made
        }
        _ => Value::Null,
    }
}

fn one_id(random: &mut Random, known: &Known, schema: &str) -> String {
    let name = schema.rsplit('/').next().unwrap_or_default();
    let own = known.one(random, name).filter(|_| !random.once_in(5));
    let other = own.or_else(|| known.one(random, "id"));
    other.unwrap_or_else(|| "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned())
}

fn integer(random: &mut Random, name: &str) -> u64 {
    match name {
        "min" | "wait" | "after" | "offset" => random.number() % 2,
        "max" => 1 + random.number() % 3,
        "limit" => 1 + random.number() % 200,
        "port" | "width" | "height" => 100 + random.number() % 2000,
        _ => *random.pick(&[0, 1, 3, 60, 4096, 86_400, 1 << 31, 1 << 40]),
    }
}

fn text(random: &mut Random, known: &Known, name: &str) -> String {
    let number = random.below(100_000);
    let choices: Vec<String> = match name {
        "password" | "current" | "new" => vec![PASSWORD.to_owned()],
        "username" => ["alice", "bob", "nobody", &format!("user{number}")]
            .map(str::to_owned)
            .to_vec(),
        "name" => vec![format!("machine{number}"), "attic".to_owned()],
        "client_key" | "server_spki" => vec!["ab".repeat(32)],
        "url" => vec![format!("https://example.org/{number}")],
        "app" | "apps" => vec!["browser".to_owned(), "editor".to_owned()],
        "id" => vec!["editor".to_owned()],
        "scopes" => Permission::ALL
            .iter()
            .map(|each| each.name().to_owned())
            .collect(),
        "subject" => {
            let user = known.one(random, "UserId").unwrap_or_default();
            let user = format!("user:{user}");
            vec!["default".to_owned(), "role:user".to_owned(), user]
        }
        "role" => vec!["user".to_owned(), "auditor".to_owned()],
        "cursor" => vec!["1".to_owned(), one_id(random, known, "UserId")],
        "refresh_token" => known.one(random, name).into_iter().collect(),
        "Idempotency-Key" => vec![format!("key-{}", number % 20)],
        "email" => vec![format!("{number}@example.org")],
        _ => vec![format!("word {number}"), "ä".to_owned()],
    };
    match choices.as_slice() {
        [] => String::new(),
        choices => random.pick(choices).clone(),
    }
}

/// Texts at which programs stumble.
const ODD: [&str; 20] = [
    "",
    " ",
    "\0",
    "\u{1b}[2J",
    "\u{feff}x",
    "\u{202e}gnp",
    "\u{d7ff}\u{e000}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "e\u{301}\u{301}\u{301}",
    "\u{fdd0}",
    "ẞßſ",
    "İı",
    "'; DROP TABLE users; --",
    "%s%n%00",
    "../../etc/passwd",
    "null",
    "NaN",
    "-1",
    "00000000000000000000000000",
    "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
];

pub(super) fn odd_text(random: &mut Random) -> String {
    let odd = *random.pick(&ODD);
    match random.below(4) {
        // Around the bounds on names, devices, keys, addresses.
        0 => {
            let length = *random.pick(&[63, 64, 65, 127, 129, 255, 257, 1024, 1025, 4096, 4097]);
            random.pick(&["x", "ü", "\u{1f600}"]).repeat(length)
        }
        1 => format!("{odd}{odd}"),
        _ => odd.to_owned(),
    }
}

fn odd_value(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => true.into(),
        2 => (-1).into(),
        3 => u64::MAX.into(),
        4 => i64::MIN.into(),
        5 => json!(1.5e300),
        6 => json!((1_u64 << 63) - 1),
        7 => json!([]),
        8 => json!({}),
        9 => json!([[[[{ "a": [null] }]]]]),
        10 => json!(0.5),
        _ => odd_text(random).into(),
    }
}

/// Changes one thing somewhere in a value.
pub(super) fn spoil(random: &mut Random, value: &mut Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !random.once_in(6) => {
            let names: Vec<_> = fields.keys().cloned().collect();
            let name = random.pick(&names).clone();
            match random.below(5) {
                0 => {
                    fields.remove(&name);
                }
                1 => {
                    let more = odd_value(random);
                    fields.insert(format!("{name}{}", random.below(3)), more);
                }
                _ => spoil(random, &mut fields[&name]),
            }
        }
        Value::Array(items) if !items.is_empty() && !random.once_in(4) => {
            let place = random.below(items.len());
            match random.below(4) {
                0 => items.extend(vec![items[place].clone(); 1100]),
                1 => items.insert(place, odd_value(random)),
                _ => spoil(random, &mut items[place]),
            }
        }
        other => *other = odd_value(random),
    }
}
