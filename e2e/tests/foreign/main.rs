//! Clients that others wrote, against product and twin: both share a server, and could be wrong together.
//!
//! [`tools`] finds the programs, each of the other modules is the table of one client's tests.
//! `cargo xtask test` installs the clients first, `cargo xtask foreign` the heavy ones; a test whose client is
//! not installed is skipped by name, and fails with `--require`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod adopting;
mod authors;
mod azure_cli;
mod azure_cli_from_nothing;
mod azurite;
mod certificates;
mod cloudflare;
mod communication_sdk;
mod context;
mod curl;
mod dig;
mod dns_tools;
mod email_sdk;
mod faithful;
mod management_sdk;
mod name_server;
mod name_servers;
mod nodemailer;
mod notices;
mod old_devices;
mod openapi;
mod programs;
mod promtool;
mod smtplib;
mod swaks;
mod tools;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::context::{ClientTest, Context};
use crate::tools::Tools;

fn main() -> ExitCode {
    // A test that runs `postern` gets this program under that name.
    let name = std::env::args().next().map(PathBuf::from);
    if name.is_some_and(|name| name.file_stem().is_some_and(|stem| stem == context::POSTERN)) {
        return postern::main();
    }
    run_all()
}

#[tokio::main]
async fn run_all() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut tools = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/foreign"));
    let (mut wanted, mut heavy, mut absent) = (String::new(), false, "skipped");
    while let Some(word) = words.next() {
        match word.as_str() {
            "--tools" => tools = words.next().map(PathBuf::from).unwrap_or_default(),
            "--heavy" => heavy = true,
            "--require" => absent = "FAILED",
            _ => wanted = word,
        }
    }
    let tools = Tools::find(tools);
    let all = if heavy {
        vec![
            azure_cli::TESTS,
            azure_cli_from_nothing::TESTS,
            certificates::TESTS,
            certificates::OF_PYTHON,
            management_sdk::TESTS,
            communication_sdk::python::TESTS,
            communication_sdk::javascript::TESTS,
            cloudflare::TESTS,
            dns_tools::TESTS,
            programs::TESTS,
        ]
    } else {
        vec![
            authors::TESTS,
            azurite::TESTS,
            swaks::TESTS,
            curl::TESTS,
            promtool::TESTS,
            dig::TESTS,
            name_servers::TESTS,
            smtplib::TESTS,
            old_devices::TESTS,
            nodemailer::TESTS,
            notices::TESTS,
            webhooks::python::TESTS,
            webhooks::javascript::TESTS,
            email_sdk::TESTS,
            faithful::TESTS,
            openapi::TESTS,
        ]
    };
    let mut failed = 0;
    for test in all.concat().iter().filter(|test| test.name.contains(&wanted)) {
        let verdict = match tools.has(test.client) {
            Ok(()) => run(test, &tools).await.to_owned(),
            Err(reason) => format!("{absent}, {reason}"),
        };
        failed += usize::from(verdict.starts_with("FAILED"));
        println!("test {} ... {verdict}", test.name);
    }
    ExitCode::from(u8::from(failed > 0))
}

async fn run(test: &ClientTest, tools: &Tools) -> &'static str {
    let context = Box::pin(Context::start(tools.clone(), (test.behaviour)())).await;
    // A task of its own: what it asserts may panic.
    match tokio::spawn((test.run)(context)).await {
        Ok(()) => "ok",
        Err(_) => "FAILED",
    }
}
