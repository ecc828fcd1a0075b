//! The hub of the control plane: `hackstreamd`.
//!
//! Knows the users and what they may do, starts and ends sessions by giving nodes jobs, and writes
//! down who did what. It never connects to anybody: people's programs and nodes come to it.
//!
//! From the outside in: [`http`] has the routes, [`deeds`] what is done in one transaction each,
//! [`tables`] the rows that several deeds share, [`store`] the databases. What decides and does not
//! do stands apart and is pure: [`access`], [`auth`], [`session`].

#![deny(unsafe_code)]

pub mod access;
pub mod app;
pub mod audit;
pub mod auth;
pub mod config;
pub mod deeds;
pub mod fault;
pub mod feeds;
pub mod http;
pub mod hub;
pub mod keys;
pub mod metrics;
pub mod pool;
pub mod random;
pub mod session;
pub mod store;
pub mod tables;
