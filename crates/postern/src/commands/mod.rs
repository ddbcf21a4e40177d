//! The commands, one file each.

mod account;
mod audit;
mod bans;
mod config;
mod credential;
mod dns;
mod domain;
mod events;
mod export;
mod handout;
mod message;
mod provision;
mod queue;
mod quota;
mod refusals;
mod secrets;
mod send;
mod sender;
mod serve;
mod sheet;
mod status;
mod suppression;
mod twin;
mod webhook;

use std::future::Future;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::{Cli, Command};
use crate::demo;

/// Runs a command to its end.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(arguments) => serve::serve(&arguments),
        Command::Twin(arguments) => block_on(twin::twin(arguments)),
        Command::Demo(arguments) => block_on(demo::demo(arguments)),
        Command::Account(command) => block_on(account::run(command)),
        Command::Domain(command) => block_on(domain::run(command)),
        Command::Dns(command) => block_on(dns::run(command)),
        Command::Spf(command) => block_on(domain::spf(command)),
        Command::Plan(arguments) => block_on(async move { provision::plan(&arguments).await }),
        Command::Apply(arguments) => block_on(async move { provision::apply(&arguments).await }),
        Command::Drift(arguments) => block_on(async move { provision::drift(&arguments).await }),
        Command::Adopt(arguments) => block_on(async move { provision::adopt(&arguments).await }),
        Command::Destroy(arguments) => block_on(async move { provision::destroy(&arguments).await }),
        Command::Events(command) => block_on(events::run(command)),
        Command::Export(arguments) => block_on(async move { export::export(&arguments).await }),
        Command::Sender(command) => block_on(sender::run(command)),
        Command::Credential(command) => block_on(credential::run(command)),
        Command::Suppression(command) => block_on(suppression::run(command)),
        Command::Bans(arguments) => block_on(async move { bans::run(&arguments).await }),
        Command::Send(arguments) => block_on(send::send(arguments)),
        Command::Queue(command) => block_on(queue::run(command)),
        Command::Quota(command) => block_on(quota::run(command)),
        Command::Message(command) => block_on(message::run(command)),
        Command::Refusals(arguments) => block_on(async move { refusals::list(&arguments).await }),
        Command::Webhook(command) => block_on(webhook::run(command)),
        Command::Audit(arguments) => block_on(async move { audit::list(&arguments).await }),
        Command::Secrets(command) => block_on(secrets::run(command)),
        Command::Config(command) => config::run(&command),
        Command::Status(connection) => block_on(status::status(connection)),
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(work)
}

pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")
}
