//! Making requests wrong.

use hackstream_control_api::limits::{MAX_BODY_BYTES, MAX_NODE_BODY_BYTES};
use hackstream_hub::access::Access;

use super::{Wish, quoted};
use crate::fuzz::document::Operation;
use crate::fuzz::values::{odd_text, spoil};
use crate::random::Random;

impl Wish {
    /// Makes one thing wrong.
    pub(in crate::fuzz) fn spoil(&mut self, operation: &Operation, random: &mut Random) {
        match random.below(14) {
            0 => self.spoil_text(random),
            1 => self.spoil_kind(random),
            2 => self.method = other_method(random).to_owned(),
            3 | 4 => self.spoil_path(operation, random),
            5 => self.spoil_query(random),
            6 => self.spoil_token(random),
            7 => self.spoil_headers(random),
            8 => self.enlarge(operation, random),
            _ => self.spoil_value(random),
        }
    }

    fn spoil_value(&mut self, random: &mut Random) {
        let Ok(mut value) = serde_json::from_slice(&self.body) else {
            return self.spoil_text(random);
        };
        spoil(random, &mut value);
        self.body = value.to_string().into_bytes();
    }

    fn spoil_text(&mut self, random: &mut Random) {
        let place = random.below(self.body.len() + 1);
        match random.below(9) {
            0 => self.body.truncate(place),
            1 => self.body.insert(place, 0xff),
            2 => self.body.splice(0..0, *b"\xef\xbb\xbf").for_each(drop),
            3 => self.body.extend_from_slice(b" {}"),
            4 => self.body = [b"[".repeat(4000), b"]".repeat(4000)].concat(),
            5 => self.body = b"{\"a\":1e999,\"a\":-0,\"\\ud800\":\"\\udc00\"}".to_vec(),
            6 => self.body.clear(),
            7 => {
                let twice = self.body.strip_suffix(b"}").unwrap_or(&self.body).to_vec();
                let again = self.body.strip_prefix(b"{").unwrap_or(&self.body).to_vec();
                self.body = [&twice[..], b",", &again].concat();
            }
            _ => {
                let odd = odd_text(random);
                self.body.splice(place..place, odd.bytes()).for_each(drop);
            }
        }
    }

    fn spoil_kind(&mut self, random: &mut Random) {
        let kinds: [&[u8]; 8] = [
            b"text/plain",
            b"application/x-www-form-urlencoded",
            b"application/json; charset=utf-16",
            b"APPLICATION/JSON",
            b"application/json\xff",
            b"application/merge-patch+json",
            b"multipart/form-data; boundary=x",
            b"",
        ];
        if random.once_in(4) {
            self.headers.retain(|header| header.0 != "content-type");
        } else {
            self.set("content-type", random.pick(&kinds).to_vec());
        }
    }

    fn spoil_path(&mut self, operation: &Operation, random: &mut Random) {
        let named = operation.declared.path.find('{');
        if let (Some(start), true) = (named, self.leads_there && !random.once_in(4)) {
            let rest = operation.declared.path[start..].find('/');
            let rest = rest.map_or("", |length| &operation.declared.path[start + length..]);
            let odd = match random.below(4) {
                0 => "01arz3ndektsv4rrffq69g5fav".to_owned(),
                1 => format!("user:{}", odd_text(random)),
                _ => odd_text(random),
            };
            self.path = operation.declared.path[..start].to_owned() + &quoted(&odd) + rest;
            self.leads_there = !odd.is_empty();
            return;
        }
        self.leads_there = false;
        self.path = match random.below(6) {
            0 => format!("{}/", self.path),
            1 => format!("{}/xyzzy", self.path),
            2 => format!("/{}", self.path),
            3 => format!("/%2e%2e{}", self.path),
            4 => format!("{}%00", self.path),
            _ => self.path.replacen("/v1", "/v2", 1) + "/%ff",
        };
    }

    fn spoil_query(&mut self, random: &mut Random) {
        match random.below(6) {
            0 => self.ask("limit", "0"),
            1 => self.ask("limit", "18446744073709551616"),
            2 => self.query += "?&&==&%zz=%",
            3 => self.query += "?cursor=%ff%fe",
            4 => (0..200).for_each(|_| self.ask("after", "-1")),
            _ => self.ask("cursor", &odd_text(random)),
        }
    }

    fn spoil_token(&mut self, random: &mut Random) {
        self.shows_token = false;
        let odd: [&[u8]; 8] = [
            b"Bearer",
            b"Bearer ",
            b"Bearer hsa_",
            b"bearer hsn_00000000000000000000000000000000000000000000000000000000000000000000000000",
            b"Basic YWRtaW46YWRtaW4=",
            b"Bearer \xff\xfe",
            b"Bearer hsr_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            b"Digest",
        ];
        self.set("authorization", random.pick(&odd).to_vec());
    }

    fn spoil_headers(&mut self, random: &mut Random) {
        let value = match random.below(5) {
            0 => b"-1".to_vec(),
            1 => b"18446744073709551616".to_vec(),
            2 => b"\xff\xfe".to_vec(),
            3 => b"k".repeat(129),
            _ => Vec::new(),
        };
        let name = *random.pick(&[
            "idempotency-key",
            "last-event-id",
            "accept",
            "range",
            "if-none-match",
            "x-forwarded-for",
            "expect",
        ]);
        self.set(name, value);
    }

    fn enlarge(&mut self, operation: &Operation, random: &mut Random) {
        let most = match operation.declared.access {
            Access::Node => MAX_NODE_BODY_BYTES,
            _ => MAX_BODY_BYTES,
        };
        let length = most + random.below(3);
        self.body.resize(length, b' ');
    }
}

fn other_method(random: &mut Random) -> &'static str {
    const METHODS: [&str; 9] = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW",
    ];
    METHODS[random.below(METHODS.len())]
}
