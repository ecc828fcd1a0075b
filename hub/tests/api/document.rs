//! The OpenAPI document: kept in the tree, and true.

use std::collections::BTreeSet;
use std::path::Path;

use hackstream_hub::access::{Access, ROUTES};
use hackstream_hub::http::openapi;
use serde_json::Value;

use crate::Test;
use crate::harness::Api;

pub(crate) const TESTS: &[Test] = &[
    (
        "the_document_is_that_of_the_tree",
        the_document_is_that_of_the_tree,
    ),
    ("the_document_has_every_route", the_document_has_every_route),
];

/// `HACKSTREAM_WRITE_OPENAPI=1` writes it anew.
fn the_document_is_that_of_the_tree(api: &mut Api) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("HACKSTREAM_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, openapi::text()).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == openapi::text(),
        "docs/openapi.json is out of date; HACKSTREAM_WRITE_OPENAPI=1 writes it"
    );
    let served = api.get("/v1/openapi.json", "").ok();
    assert_eq!(served, serde_json::from_str::<Value>(&kept).unwrap());
    assert_eq!(
        served["openapi"]
            .as_str()
            .unwrap()
            .split('.')
            .take(2)
            .collect::<Vec<_>>(),
        ["3", "1"]
    );
}

fn the_document_has_every_route(_: &mut Api) {
    let document: Value = serde_json::from_str(openapi::text()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let secured = operation.get("security").is_some();
            described.insert((method.to_uppercase(), path.clone(), secured));
        }
    }
    let declared = ROUTES.iter().map(|row| {
        (
            row.method.to_owned(),
            row.path.to_owned(),
            row.access != Access::Public,
        )
    });
    assert_eq!(described, declared.collect());
}
