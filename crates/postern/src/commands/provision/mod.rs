//! `postern plan`, `apply`, `destroy`, `adopt`, `drift`.

pub(super) mod consent;
pub(super) mod desired;
mod live;

use std::process::ExitCode;

use anyhow::bail;
use api::infrastructure::adopted::{Adopt, AdoptScope, Adopted};
use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use api::infrastructure::progress::{Applied, ApplyEvent, ApplyLine, StepOutcome};
use serde_json::{Value, json};

use self::consent::{Consent, Request};
use self::live::LiveSteps;
use crate::cli::{self, Apply, Destroy, OfAccount, Plan};
use crate::client::{Client, segment};
use crate::output::{self, BAD, Format, GOOD, Line, QUIET, STRONG, WAITING, line, say};

/// There are changes.
const CHANGES: u8 = 2;
/// Somebody has to do something, or time has to pass.
const PENDING: u8 = 3;

pub(super) async fn plan(arguments: &Plan) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let (account, manifest) = desired::read(&client, &arguments.desired).await?;
    let body = json!({ "targets": arguments.desired.targets, "manifest": manifest });
    let plan = planned(&client, &account, &body).await?;
    show_plan(&plan, arguments.connection.format())?;
    Ok(if plan.steps.is_empty() && plan.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(CHANGES)
    })
}

pub(super) async fn apply(arguments: &Apply) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let (account, manifest) = desired::read(&client, &arguments.desired).await?;
    let format = arguments.connection.format();
    let body = json!({ "targets": arguments.desired.targets, "manifest": manifest });
    if arguments.dry_run {
        let plan = planned(&client, &account, &body).await?;
        show_plan(&plan, format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let consent = match &arguments.plan {
        Some(id) => Consent::Given(id),
        None if arguments.yes => Consent::Yes,
        None => Consent::Ask,
    };
    let request = Request { client: &client, account: &account, body, consent, format };
    let plan = request.approved().await?;
    // What is not approved is not stored either.
    if let Some(manifest) = manifest {
        let _: Manifest = client.put(&format!("{}/infrastructure", path(&account)), &manifest).await?;
    }
    conclude(&request.apply_approved(&plan).await?, Goal::Desired, format)
}

pub(super) async fn destroy(arguments: &Destroy) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let removal = Removal { account: &account, targets: &arguments.targets, yes: arguments.yes };
    take_away(&client, &removal, arguments.connection.format()).await
}

/// Resources of an account that are to be deleted.
pub(super) struct Removal<'a> {
    pub(super) account: &'a str,
    /// Domains and kinds of resources; empty for all.
    pub(super) targets: &'a [String],
    /// Whether they are deleted without asking.
    pub(super) yes: bool,
}

/// Shows what would be removed, or removes it.
pub(super) async fn take_away(
    client: &Client,
    removal: &Removal<'_>,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let Removal { account, targets, yes } = *removal;
    let body = json!({ "targets": targets, "destroy": true });
    if yes {
        return Request { client, account, body, consent: Consent::Yes, format }.carry_out().await;
    }
    let plan = planned(client, account, &body).await?;
    show_plan(&plan, format)?;
    if format == Format::Text && !plan.steps.is_empty() {
        say!("");
        say!("Nothing was done. The same with {STRONG}--yes{STRONG:#} does it.");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn adopt(arguments: &cli::Adopt) -> anyhow::Result<ExitCode> {
    let connection = &arguments.of.connection;
    let client = Client::new(connection)?;
    let account = desired::account(&client, arguments.of.account.as_deref()).await?;
    let (service, domains) = (arguments.service.clone(), arguments.domains.clone());
    let scope = if arguments.senders_only { AdoptScope::Senders } else { AdoptScope::DesiredState };
    let body = json!(Adopt { service, domains, scope });
    let adopted: Adopted = client.post(&format!("{}/infrastructure:adopt", path(&account)), &body).await?;
    if connection.json {
        output::json(&adopted)?;
        return Ok(ExitCode::SUCCESS);
    }
    match scope {
        AdoptScope::Senders => show_senders(&account, &adopted),
        AdoptScope::DesiredState => show_adopted(&account, &adopted),
    }
    Ok(ExitCode::SUCCESS)
}

fn show_senders(account: &str, adopted: &Adopted) {
    say!("{GOOD}Mail of {account} goes through {}.{GOOD:#}", adopted.service);
    for address in &adopted.added {
        say!("  {GOOD}+{GOOD:#} {address}");
    }
    for address in &adopted.there {
        say!("  {QUIET}= {address} was here already{QUIET:#}");
    }
    show_notes(adopted);
}

fn show_adopted(account: &str, adopted: &Adopted) {
    let text = format!("{} and {}", counted(adopted.domains, "domain"), counted(adopted.senders, "sender"));
    say!("{GOOD}The desired state of account {account} is now what Azure has: {text}.{GOOD:#}");
    show_notes(adopted);
    say!("Next: postern plan --account {account}");
}

fn show_notes(adopted: &Adopted) {
    for note in &adopted.notes {
        say!("{WAITING}!{WAITING:#} {note}");
    }
}

pub(super) async fn drift(arguments: &OfAccount) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let plan = planned(&client, &account, &json!({})).await?;
    let is_same = plan.steps.is_empty() && plan.problems.is_empty();
    if is_same && !arguments.connection.json {
        say!("{GOOD}Azure and DNS match the desired state of account {account}.{GOOD:#}");
        return Ok(ExitCode::SUCCESS);
    }
    show_plan(&plan, arguments.connection.format())?;
    Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::from(CHANGES) })
}

/// So many of something.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn path(account: &str) -> String {
    format!("/v1/accounts/{}", segment(account))
}

async fn planned(client: &Client, account: &str, body: &Value) -> anyhow::Result<PlanView> {
    let bar = output::spinner_for("reading Azure and DNS", Format::Text);
    let plan = client.post(&format!("{}/infrastructure:plan", path(account)), body).await;
    bar.clear();
    plan
}

fn show_plan(plan: &PlanView, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return output::json(plan);
    }
    for problem in &plan.problems {
        say!("{BAD}✗{BAD:#} {problem}");
    }
    for (number, step) in plan.steps.iter().enumerate() {
        let mark = if step.is_final { line!("  {BAD}cannot be undone{BAD:#}") } else { Line::default() };
        say!("{:3}. {}{mark}", number + 1, step.message);
        for call in &step.calls {
            say!("     {QUIET}{call}{QUIET:#}");
        }
        for detail in &step.details {
            say!("     {detail}");
        }
        for change in &step.changes {
            say!("     {WAITING}changes what others wrote:{WAITING:#} {} {}", change.kind, change.name);
            for old in &change.old {
                say!("       {BAD}-{BAD:#} \"{old}\"");
            }
            if let Some(new) = &change.new {
                say!("       {GOOD}+{GOOD:#} \"{new}\"");
            }
        }
        if let Some(owner) = step.needs {
            say!("     {WAITING}action required from: {}{WAITING:#}", owner.title());
        }
    }
    for note in &plan.notes {
        say!("{QUIET}note: {note}{QUIET:#}");
    }
    match plan.steps.len() {
        0 if plan.problems.is_empty() => say!("{GOOD}Nothing to do: all is as it should be.{GOOD:#}"),
        0 => {}
        count => say!("{STRONG}{}{STRONG:#}, plan {}.", counted(count, "step"), plan.id),
    }
    Ok(())
}

/// Applies, and shows the steps while they go on.
async fn apply_steps(
    client: &Client,
    account: &str,
    body: &Value,
    format: Format,
) -> anyhow::Result<Applied> {
    let mut steps = LiveSteps::new(format);
    let mut last = None;
    client
        .post_lines(&format!("{}/infrastructure:apply", path(account)), body, |line: ApplyLine| {
            match &line {
                ApplyLine::Event(event) => steps.hear(event),
                ApplyLine::Failed { .. } => {}
            }
            last = Some(line);
        })
        .await?;
    steps.finish();
    match last {
        Some(ApplyLine::Event(ApplyEvent::Done { applied })) => Ok(applied),
        Some(ApplyLine::Failed { error }) => Err(anyhow::Error::msg(error)),
        _ => bail!("the server broke off before all was done; apply again: it goes on from there"),
    }
}

/// The exit code for programs.
pub(super) fn code_of(applied: &Applied) -> ExitCode {
    match applied {
        applied if applied.is_complete() => ExitCode::SUCCESS,
        applied if applied.only_pending() => ExitCode::from(PENDING),
        _ => ExitCode::FAILURE,
    }
}

/// Where an apply leads.
#[derive(Clone, Copy)]
enum Goal {
    Desired,
    Removed,
}

fn conclude(applied: &Applied, goal: Goal, format: Format) -> anyhow::Result<ExitCode> {
    let code = code_of(applied);
    if format == Format::Json {
        output::json(applied)?;
        return Ok(code);
    }
    for problem in &applied.problems {
        say!("{BAD}✗{BAD:#} {problem}");
    }
    let skipped = applied.open.iter().filter(|step| step.outcome == StepOutcome::Skipped).count();
    for step in applied.open.iter().filter(|step| step.outcome != StepOutcome::Skipped) {
        let (sign, style) = if matches!(step.outcome, StepOutcome::Pending | StepOutcome::AwaitingApproval) {
            ("…", WAITING)
        } else {
            ("✗", BAD)
        };
        say!("{style}{sign}{style:#} {}: {}", step.message, step.problem);
    }
    let done = match (applied.done, applied.is_complete()) {
        (0, true) => "Nothing was to be done".to_owned(),
        (0, false) => "No step is done".to_owned(),
        (1, _) => "1 step is done".to_owned(),
        (count, _) => format!("{count} steps are done"),
    };
    if applied.is_complete() {
        let end = match goal {
            Goal::Desired => "all is as it is to be",
            Goal::Removed => "it is gone",
        };
        say!("{GOOD}{done}: {end}.{GOOD:#}");
    } else {
        let behind =
            if skipped > 0 { format!(", {skipped} wait behind what is said above") } else { String::new() };
        say!("{done}{behind}. Apply again later: it goes on from there.");
    }
    Ok(code)
}
