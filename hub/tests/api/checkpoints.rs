//! Whoever changes the database cannot change what was signed and seen elsewhere: by the hub's own
//! files, and by clients.

use hackstream_audit::chain::{START, hash, parts};
use hackstream_audit::{Contradiction, Judged, Memory, judge, unhex};
use hackstream_control_api::audit::{AuditEntry, AuditState};
use hackstream_control_api::time::Seconds;
use hackstream_hub::audit::notary::{Attested, NotaryError};
use hackstream_hub::audit::plan::ROWS;
use hackstream_hub::audit::{Actor, Record, append, list, verify};
use hackstream_hub::store::{Tx, Value as Column};
use serde_json::json;

use crate::Test;
use crate::audit::{CHANGES, fill, found};
use crate::harness::{Api, PASSWORD};

pub(crate) const TESTS: &[Test] = &[
    ("the_log_is_signed_when_it_is_time", when_it_is_time),
    ("changes_behind_a_checkpoint_are_found", changes_are_found),
    ("a_cut_end_is_found", a_cut_end_is_found),
    ("a_log_made_anew_is_found", a_log_made_anew_is_found),
    ("forged_checkpoints_are_found", forged_checkpoints_are_found),
    ("a_restored_backup_is_declared", a_restored_backup),
    ("nodes_are_witnesses", nodes_are_witnesses),
    (
        "another_key_is_seen_by_witnesses",
        another_key_is_seen_by_witnesses,
    ),
];

/// Rows of no importance.
fn rows(api: &Api, count: u64) {
    api.write(move |tx| {
        for _ in 0..count {
            append(tx, Record::new(Actor::Hub, "test"))?;
        }
        Ok(())
    });
}

/// Rows as people write them.
fn logins(api: &Api) {
    for _ in 0..3 {
        api.token("alice");
    }
}

fn attest(api: &Api) -> Result<Attested, NotaryError> {
    api.runtime.block_on(api.hub.notary.attest(&api.hub.store))
}

/// Signs what there is; the number of its last row.
fn sign(api: &Api) -> u64 {
    api.wait(Seconds(61));
    match attest(api).unwrap() {
        Attested::Signed(signed) => signed.seq,
        Attested::NotYet { plan } => panic!("not signed: {plan:?}"),
    }
}

/// A client that logs in, and what it keeps.
fn witness(api: &Api) -> Memory {
    Memory::of(&api.login("alice").audit)
}

/// The same client, later.
fn comes_again(api: &Api, known: &Memory) -> Result<Judged, Contradiction> {
    let body = json!({ "username": "alice", "password": PASSWORD, "seen": known.end.seq });
    let answer = api.post("/v1/login", "", body).ok();
    let state: AuditState = serde_json::from_value(answer["audit"].clone()).unwrap();
    judge(Some(known), &state)
}

fn damage(api: &Api, statements: &'static [&'static str], row: i64) {
    api.write(move |tx| {
        for sql in statements {
            tx.execute(sql, &[Column::Int(row)])?;
        }
        Ok(())
    });
}

/// The first bad row, as the hub itself finds it.
fn first_bad(api: &Api) -> Option<u64> {
    found(api, &[], 0)
}

/// Changes a row and makes all rows anew from there on, as somebody can who has the database.
fn make_anew(api: &Api, row: u64) {
    api.write(move |tx| {
        let change = "UPDATE audit SET outcome = 'changed' WHERE seq = ?1";
        tx.execute(change, &[Column::from(row)])?;
        rehash(tx)?;
        Ok(())
    });
}

fn rehash(tx: &mut Tx<'_>) -> Result<(), hackstream_hub::fault::Fault> {
    let (mut after, mut prev) = (0, START);
    loop {
        let rows: Vec<AuditEntry> = list(tx, after, 200, None)?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for entry in &rows {
            let (columns, _, _) = parts(entry).unwrap();
            let own = hash(&prev, &columns.attested());
            let update = "UPDATE audit SET prev_hash = ?2, hash = ?3 WHERE seq = ?1";
            let seq = Column::from(entry.seq);
            tx.execute(update, &[seq, Column::from(prev), Column::from(own)])?;
            prev = own;
        }
    }
    let head = "UPDATE audit_head SET seq = ?1, hash = ?2 WHERE one = 1";
    tx.execute(head, &[Column::from(after), Column::from(prev)])?;
    Ok(())
}

fn when_it_is_time(api: &mut Api) {
    assert!(matches!(attest(api).unwrap(), Attested::Signed(_)));
    rows(api, ROWS - 1);
    assert!(matches!(attest(api).unwrap(), Attested::NotYet { .. }));
    rows(api, 1);
    assert!(matches!(attest(api).unwrap(), Attested::Signed(_)));
    rows(api, 1);
    assert!(matches!(attest(api).unwrap(), Attested::NotYet { .. }));
    api.wait(Seconds(61));
    let Attested::Signed(signed) = attest(api).unwrap() else {
        panic!("a minute is over");
    };
    api.wait(Seconds(600));
    assert!(matches!(attest(api).unwrap(), Attested::NotYet { .. }));
    let token = api.token("bob");
    let state = api.get("/v1/audit/checkpoint?seen=3", &token).ok();
    let state: AuditState = serde_json::from_value(state).unwrap();
    assert_eq!(state.signed, Some(signed));
    assert_eq!(state.seen.as_ref().map(|seen| seen.seq), Some(3));
    assert_eq!(judge(None, &state), Ok(Judged::Consistent));
    let beyond = api.get("/v1/audit/checkpoint?seen=99999999", &token).ok();
    assert!(beyond["seen"].is_null());
}

fn changes_are_found(api: &mut Api) {
    fill(api);
    let signed = sign(api);
    logins(api);
    assert_eq!(first_bad(api), None);
    // Rows before and behind the checkpoint, in no order: the numbers of a linear congruence.
    let (mut number, end) = (signed, signed + 3);
    for change in CHANGES {
        for _ in 0..4 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let row = (number >> 33) % end + 1;
            let first = found(api, change, i64::try_from(row).unwrap());
            assert_eq!(first, Some(row), "{change:?} of row {row}");
        }
    }
}

/// Cut and mended so well that the store itself shows nothing.
const CUT: &[&str] = &[
    "DELETE FROM audit WHERE seq > ?1",
    "UPDATE audit_head SET seq = ?1, hash = (SELECT hash FROM audit WHERE seq = ?1)",
];

/// The same by somebody who knows of checkpoints.
const CUT_ALL: &[&str] = &[
    "DELETE FROM audit WHERE seq > ?1",
    "UPDATE audit_head SET seq = ?1, hash = (SELECT hash FROM audit WHERE seq = ?1)",
    "DELETE FROM audit_checkpoints WHERE seq > ?1",
];

fn a_cut_end_is_found(api: &mut Api) {
    fill(api);
    sign(api);
    logins(api);
    let signed = sign(api);
    let known = witness(api);
    assert_eq!(comes_again(api, &known), Ok(Judged::Consistent));
    assert_eq!(found(api, &CUT[..1], 5), Some(6));
    assert_eq!(found(api, CUT, 5), Some(6), "the database has a checkpoint");
    assert_eq!(found(api, CUT_ALL, 5), Some(6), "the hub's file has one");
    damage(api, CUT_ALL, 5);
    assert!(matches!(
        attest(api).unwrap_err(),
        NotaryError::Contradicted {
            is_missing: true,
            ..
        }
    ));
    assert!(comes_again(api, &known).is_err());
    // Filled up again until it is as long as before.
    rows(api, signed + 20);
    assert!(matches!(
        attest(api).unwrap_err(),
        NotaryError::Contradicted {
            is_missing: false,
            ..
        }
    ));
    assert!(comes_again(api, &known).is_err());
    // A client that has seen no more than what is left has nothing to say.
    let nothing = Memory {
        signed: None,
        end: list_end(api, 5),
        contradicted_by: None,
    };
    assert_eq!(comes_again(api, &nothing), Ok(Judged::Consistent));
}

fn list_end(api: &Api, row: u64) -> hackstream_control_api::audit::Checkpoint {
    let rows = api.write(move |tx| Ok(list(tx, row - 1, 1, None)?));
    hackstream_control_api::audit::Checkpoint {
        seq: row,
        head: rows[0].hash.clone(),
    }
}

fn a_log_made_anew_is_found(api: &mut Api) {
    fill(api);
    let first = sign(api);
    logins(api);
    let second = sign(api);
    let known = witness(api);
    make_anew(api, first + 2);
    assert_eq!(
        first_bad(api),
        Some(second),
        "the first row that was signed behind the change"
    );
    let verdict = api.hub.notary.known().unwrap();
    let verdict = api.write(move |tx| Ok(verify(tx, Some(verdict.clone()))?));
    assert_eq!(verdict.witnessed, first);
    assert!(verdict.reason.unwrap().contains(&format!("after {first}")));
    assert_eq!(
        comes_again(api, &known),
        Err(Contradiction::Forked { seq: known.end.seq })
    );
    // Without the checkpoints in the database the hub's file still has the last one.
    damage(api, &["DELETE FROM audit_checkpoints WHERE seq > ?1"], 0);
    assert_eq!(first_bad(api), Some(second));
    assert_eq!(comes_again(api, &known), Err(Contradiction::Unsigned));
    assert!(matches!(
        attest(api).unwrap_err(),
        NotaryError::Contradicted { .. }
    ));
}

fn forged_checkpoints_are_found(api: &mut Api) {
    fill(api);
    sign(api);
    let known = witness(api);
    make_anew(api, 4);
    // The checkpoint is made to fit; its signature is not.
    let fit: &[&str] = &[
        "UPDATE audit_checkpoints SET head = (SELECT hash FROM audit \
         WHERE audit.seq = audit_checkpoints.seq) WHERE seq > ?1",
    ];
    damage(api, fit, 0);
    assert!(first_bad(api).is_some());
    assert_eq!(comes_again(api, &known), Err(Contradiction::Forged));
    let bob = api.login("bob").audit;
    assert_eq!(judge(None, &bob), Err(Contradiction::Forged));
}

fn a_restored_backup(api: &mut Api) {
    fill(api);
    sign(api);
    let early = witness(api);
    logins(api);
    sign(api);
    let late = witness(api);
    // As the database was when the first one was signed.
    let end = i64::try_from(early.signed.as_ref().unwrap().seq).unwrap();
    damage(api, CUT_ALL, end);
    assert!(attest(api).is_err(), "nobody has declared it");
    assert!(comes_again(api, &late).is_err());
    let declare = api.hub.notary.declare_restored(&api.hub.store);
    let declared = api.runtime.block_on(declare).unwrap();
    let at = declared.restored_at;
    assert_eq!(comes_again(api, &late), Ok(Judged::Restored { at }));
    assert_eq!(comes_again(api, &early), Ok(Judged::Restored { at }));
    let known = witness(api);
    assert_eq!(first_bad(api), None);
    let row = list_entry(api, declared.seq);
    assert_eq!(
        (row.action.as_str(), row.actor_type.as_str()),
        ("audit.restored", "operator")
    );
    // From then on as always.
    rows(api, 1);
    sign(api);
    assert_eq!(comes_again(api, &known), Ok(Judged::Consistent));
    // Whoever only has the database cannot declare anything.
    let pretend: &[&str] = &["UPDATE audit_checkpoints SET restored_at = restored_at + 1 + ?1"];
    damage(api, pretend, 0);
    assert_eq!(comes_again(api, &known), Err(Contradiction::Forged));
}

fn list_entry(api: &Api, row: u64) -> AuditEntry {
    let rows = api.write(move |tx| Ok(list(tx, row - 1, 1, None)?));
    rows.into_iter().next().unwrap()
}

fn nodes_are_witnesses(api: &mut Api) {
    let (_, token) = api.node("here");
    fill(api);
    sign(api);
    let report = |seen: Option<u64>| {
        let report = json!({
            "version": "test", "last_seq": 0, "limits_enforced": true, "apps": [], "sessions": [],
            "capacity": { "memory_bytes": 1, "memory_allocatable": 1, "cpu_millis": 1,
                "cpu_allocatable": 1, "max_sessions": 1 }, "seen": seen,
        });
        let answer = api.post("/v1/node/report", &token, report).ok();
        serde_json::from_value::<AuditState>(answer["audit"].clone()).unwrap()
    };
    let known = Memory::of(&report(None));
    assert!(known.signed.is_some());
    rows(api, 3);
    assert_eq!(
        judge(Some(&known), &report(Some(known.end.seq))),
        Ok(Judged::Consistent)
    );
    make_anew(api, 2);
    assert_eq!(
        judge(Some(&known), &report(Some(known.end.seq))),
        Err(Contradiction::Forked { seq: known.end.seq })
    );
}

fn another_key_is_seen_by_witnesses(api: &mut Api) {
    fill(api);
    let signed = sign(api);
    let known = witness(api);
    // The operator has lost the key, and the hub has made another one.
    let signer = hackstream_audit::Signer::from_seed(&[9; 32]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let notary = hackstream_hub::audit::Notary::new(signer, folder.path());
    let attested = api.runtime.block_on(notary.attest(&api.hub.store));
    assert!(matches!(attested.unwrap(), Attested::Signed(_)));
    assert!(matches!(
        comes_again(api, &known),
        Err(Contradiction::OtherKey { .. })
    ));
    // What the first key has signed is no matter of the second, and the other way round.
    let known = notary.known().unwrap();
    let verdict = api.write(move |tx| Ok(verify(tx, Some(known.clone()))?));
    assert!(verdict.ok && verdict.witnessed >= signed, "{verdict:?}");
    assert_eq!(first_bad(api), None);
    let key: [u8; 32] = unhex(&verdict.head).unwrap();
    assert_ne!(key, START);
}
