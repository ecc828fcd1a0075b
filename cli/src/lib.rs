//! The command lines of the control plane: `hackstream` for people who use sessions, `hackstreamctl`
//! for those who run it.
//!
//! From the outside in: [`user`] and [`admin`] are the two command lines, [`commands`] what each does,
//! one file for a command with its arguments. They ask the hub through [`hub`], which logs in and
//! renews tokens by means of [`login`]; below it [`api`] speaks HTTPS. [`terminal`] is what a person
//! sees and types, [`config`] what is kept between two commands. What decides and does not do is pure:
//! texts ([`advice`], [`terminal::progress`]), merging of settings, retries, rotation.

#![forbid(unsafe_code)]

pub mod admin;
pub mod advice;
pub mod api;
pub mod commands;
pub mod config;
pub mod context;
pub mod error;
pub mod hub;
pub mod login;
pub mod recent;
pub mod terminal;
pub mod user;
pub mod viewer;
pub mod witness;
