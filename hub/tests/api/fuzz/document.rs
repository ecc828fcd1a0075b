//! The API's document, read: its operations, and whether a value is what a schema says.

use hackstream_hub::access::{Declared, ROUTES};
use hackstream_hub::http::openapi;
use serde_json::{Map, Value};

/// The document.
pub(super) struct Document {
    all: Value,
}

/// One operation of it.
pub(super) struct Operation {
    pub(super) declared: &'static Declared,
    pub(super) parameters: Vec<Parameter>,
    /// The schema of the body, where it takes one.
    pub(super) body: Option<Value>,
    responses: Value,
}

pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) schema: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// How an answer's body is described.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Described<'a> {
    /// There is none.
    Empty,
    /// Of this media type, and as this schema says if there is one.
    Body(&'a str, Option<&'a Value>),
    /// The document does not know that status.
    Nowhere,
}

impl Document {
    pub(super) fn new() -> Self {
        Self {
            all: serde_json::from_str(openapi::text()).unwrap(),
        }
    }

    /// All operations, in the order of the table of routes.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let one = |declared: &'static Declared| {
            let method = declared.method.to_lowercase();
            let described = &self.all["paths"][declared.path][method];
            assert!(described.is_object(), "{declared:?}");
            let none = Vec::new();
            let parameters = described["parameters"].as_array().unwrap_or(&none);
            let body = &described["requestBody"]["content"]["application/json"]["schema"];
            Operation {
                declared,
                parameters: parameters.iter().map(parameter).collect(),
                body: (!body.is_null()).then(|| body.clone()),
                responses: described["responses"].clone(),
            }
        };
        ROUTES.iter().map(one).collect()
    }

    /// A schema, where it stands.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(name) = schema["$ref"].as_str() else {
            return schema;
        };
        let name = name.strip_prefix("#/components/schemas/").unwrap();
        self.named(name)
    }

    /// The schema of that name.
    pub(super) fn named(&self, name: &str) -> &Value {
        let found = &self.all["components"]["schemas"][name];
        assert!(found.is_object(), "no schema {name}");
        found
    }

    /// What is wrong with a value, by a schema. Knows the words that the document uses.
    pub(super) fn complaint(&self, schema: &Value, value: &Value) -> Option<String> {
        let schema = self.resolve(schema);
        if let Some(all) = schema["allOf"].as_array() {
            return all.iter().find_map(|each| self.complaint(each, value));
        }
        if let Some(any) = schema["oneOf"].as_array() {
            let fits = any.iter().any(|each| self.complaint(each, value).is_none());
            return (!fits).then(|| format!("{value} is none of {}", schema["oneOf"]));
        }
        if !is_of_type(&schema["type"], value) {
            return Some(format!("{value} is not of type {}", schema["type"]));
        }
        if let Some(values) = schema["enum"].as_array() {
            if !values.contains(value) {
                return Some(format!("{value} is not one of {}", schema["enum"]));
            }
        }
        if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64()) {
            if number < least {
                return Some(format!("{value} is less than {least}"));
            }
        }
        match value {
            Value::Array(items) => items
                .iter()
                .find_map(|item| self.complaint(&schema["items"], item)),
            Value::Object(fields) => self.complaint_of_fields(schema, fields),
            _ => None,
        }
    }

    fn complaint_of_fields(&self, schema: &Value, fields: &Map<String, Value>) -> Option<String> {
        let required = schema["required"].as_array().into_iter().flatten();
        let mut names = required.filter_map(Value::as_str);
        if let Some(missing) = names.find(|name| !fields.contains_key(*name)) {
            return Some(format!("{missing} is missing"));
        }
        fields.iter().find_map(|(name, value)| {
            let found = match &schema["properties"][name] {
                Value::Null => match &schema["additionalProperties"] {
                    Value::Bool(false) => Some("nobody knows it".to_owned()),
                    other if other.is_object() => self.complaint(other, value),
                    _ => None,
                },
                known => self.complaint(known, value),
            };
            found.map(|why| format!("{name}: {why}"))
        })
    }
}

impl Operation {
    /// How the document describes the answer of that status.
    pub(super) fn answer(&self, status: u16) -> Described<'_> {
        let exact = &self.responses[status.to_string()];
        let found = match exact {
            Value::Null if status >= 400 => &self.responses["default"],
            other => other,
        };
        if found.is_null() {
            return Described::Nowhere;
        }
        let content = found["content"].as_object();
        let Some((kind, content)) = content.and_then(|content| content.iter().next()) else {
            return Described::Empty;
        };
        let schema = &content["schema"];
        Described::Body(kind, (!schema.is_null()).then_some(schema))
    }
}

fn parameter(described: &Value) -> Parameter {
    let text = |name: &str| described[name].as_str().unwrap().to_owned();
    let place = match text("in").as_str() {
        "path" => Place::Path,
        "query" => Place::Query,
        "header" => Place::Header,
        other => panic!("a parameter in {other}"),
    };
    Parameter {
        name: text("name"),
        place,
        schema: described["schema"].clone(),
    }
}

fn is_of_type(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("a type {other:?}"),
    };
    match kinds {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}
