//! The API, with a real store below: each test once on SQLite and once on PostgreSQL.
//!
//! The clock is the test's. Requests go to the router itself; TLS and the program are tested in
//! `program.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

mod accounts;
mod audit;
mod bodies;
mod checkpoints;
mod connect;
mod crash;
mod database;
mod document;
mod export;
mod floods;
mod fuzz;
mod harness;
mod launch_waits;
mod locked;
mod logs;
mod nodes;
mod outrun;
mod pool;
mod pool_storm;
mod random;
mod rbac;
mod rotation;
mod rotation_model;
mod sessions;
mod signed_jobs;
mod starts;

use std::process::ExitCode;

use database::{Database, Server};
use harness::Api;
use libtest_mimic::{Arguments, Trial};

type Test = (&'static str, fn(&mut Api));

fn main() -> ExitCode {
    if let Some(code) = crash::run_if_writer() {
        return code;
    }
    let arguments = Arguments::from_args();
    let tests: Vec<Test> = [
        accounts::TESTS,
        audit::TESTS,
        bodies::TESTS,
        checkpoints::TESTS,
        connect::TESTS,
        document::TESTS,
        export::TESTS,
        floods::TESTS,
        fuzz::TESTS,
        launch_waits::TESTS,
        logs::TESTS,
        outrun::TESTS,
        nodes::TESTS,
        pool::TESTS,
        starts::TESTS,
        pool_storm::TESTS,
        rbac::TESTS,
        rotation::TESTS,
        rotation_model::TESTS,
        sessions::TESTS,
        signed_jobs::TESTS,
    ]
    .concat();
    let server = Server::default();
    let mut trials = vec![Trial::test("sqlite::crash", || {
        crash::nothing_acknowledged_is_lost();
        Ok(())
    })];
    trials.push(Trial::test("sqlite::locked", || {
        locked::who_asks_while_it_is_locked_is_told_soon(&Database::sqlite());
        Ok(())
    }));
    let locked = server.clone();
    trials.push(Trial::test("postgres::locked", move || {
        locked::who_asks_while_it_is_locked_is_told_soon(&Database::postgres(&locked));
        Ok(())
    }));
    for (name, test) in tests {
        trials.push(Trial::test(format!("sqlite::{name}"), move || {
            test(&mut Api::new(&Database::sqlite()));
            Ok(())
        }));
        let server = server.clone();
        trials.push(Trial::test(format!("postgres::{name}"), move || {
            test(&mut Api::new(&Database::postgres(&server)));
            Ok(())
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Before leaving: nothing drops what a static holds.
    server.stop();
    conclusion.exit_code()
}
