//! The aqueous constants and the tools that stand on them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod constants;
mod pourbaix;
mod tools;
mod units;
