//! `postern plan`, `apply`, `destroy`, `adopt`, `drift`.

pub(super) mod desired;
mod live;

use std::process::ExitCode;

use anyhow::bail;
use api::infrastructure::adopted::Adopted;
use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use api::infrastructure::progress::{Applied, ApplyEvent, ApplyLine, Outcome};
use serde_json::{Value, json};

use self::live::LiveSteps;
use crate::cli::{Apply, Destroy, OfAccount, Plan};
use crate::client::{Client, segment};
use crate::output::{self, BAD, GOOD, Line, QUIET, STRONG, WAITING, line, say};

/// There are changes.
const CHANGES: u8 = 2;
/// Somebody has to do something, or time has to pass.
const PENDING: u8 = 3;

pub(super) async fn plan(arguments: &Plan) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let (account, manifest) = desired::read(&client, &arguments.desired).await?;
    let body = json!({ "targets": arguments.desired.targets, "manifest": manifest });
    let plan = planned(&client, &account, &body).await?;
    show_plan(&plan, arguments.connection.json)?;
    Ok(if plan.steps.is_empty() && plan.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(CHANGES)
    })
}

pub(super) async fn apply(arguments: &Apply) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let (account, manifest) = desired::read(&client, &arguments.desired).await?;
    if arguments.dry_run {
        let body = json!({ "targets": arguments.desired.targets, "manifest": manifest });
        let plan = planned(&client, &account, &body).await?;
        show_plan(&plan, arguments.connection.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(manifest) = manifest {
        let _: Manifest = client.put(&format!("{}/infrastructure", path(&account)), &manifest).await?;
    }
    carry_out(&client, &account, &json!({ "targets": arguments.desired.targets }), arguments.connection.json)
        .await
}

pub(super) async fn destroy(arguments: &Destroy) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    take_away(&client, &account, (&arguments.targets, arguments.yes), arguments.connection.json).await
}

/// Says what would be taken away, or takes it away.
pub(super) async fn take_away(
    client: &Client,
    account: &str,
    (targets, yes): (&[String], bool),
    json: bool,
) -> anyhow::Result<ExitCode> {
    let body = json!({ "targets": targets, "destroy": true });
    if yes {
        return carry_out(client, account, &body, json).await;
    }
    let plan = planned(client, account, &body).await?;
    show_plan(&plan, json)?;
    if !json && !plan.steps.is_empty() {
        say!("");
        say!("Nothing was done. The same with {STRONG}--yes{STRONG:#} does it.");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn adopt(arguments: &OfAccount) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.connection)?;
    let account = desired::account(&client, arguments.account.as_deref()).await?;
    let adopted: Adopted =
        client.post(&format!("{}/infrastructure:adopt", path(&account)), &json!({})).await?;
    if arguments.connection.json {
        output::json(&adopted)?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = format!("{} and {}", counted(adopted.domains, "domain"), counted(adopted.senders, "sender"));
    say!("{GOOD}The desired state of account {account} is now what Azure has: {text}.{GOOD:#}");
    for note in &adopted.notes {
        say!("{WAITING}!{WAITING:#} {note}");
    }
    say!("Next: postern plan --account {account}");
    Ok(ExitCode::SUCCESS)
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
    show_plan(&plan, arguments.connection.json)?;
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
    let bar = output::spinner_for("reading Azure and DNS", false);
    let plan = client.post(&format!("{}/infrastructure:plan", path(account)), body).await;
    bar.clear();
    plan
}

fn show_plan(plan: &PlanView, json: bool) -> anyhow::Result<()> {
    if json {
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
        count => say!("{STRONG}{}.{STRONG:#}", counted(count, "step")),
    }
    Ok(())
}

/// Applies, shows the steps while they go on, and says in the end what is open.
pub(super) async fn carry_out(
    client: &Client,
    account: &str,
    body: &Value,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let applied = apply_steps(client, account, body, json).await?;
    conclude(&applied, body["destroy"] == true, json)
}

/// Applies, and shows the steps while they go on.
pub(super) async fn apply_steps(
    client: &Client,
    account: &str,
    body: &Value,
    json: bool,
) -> anyhow::Result<Applied> {
    let mut steps = LiveSteps::new(json);
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
        Some(ApplyLine::Failed { error }) => bail!("{error}"),
        _ => bail!("the server broke off before all was done; apply again: it goes on from there"),
    }
}

/// What a program is told by the exit code.
pub(super) fn code_of(applied: &Applied) -> ExitCode {
    match applied {
        applied if applied.is_complete() => ExitCode::SUCCESS,
        applied if applied.only_pending() => ExitCode::from(PENDING),
        _ => ExitCode::FAILURE,
    }
}

fn conclude(applied: &Applied, is_removal: bool, json: bool) -> anyhow::Result<ExitCode> {
    let code = code_of(applied);
    if json {
        output::json(applied)?;
        return Ok(code);
    }
    for problem in &applied.problems {
        say!("{BAD}✗{BAD:#} {problem}");
    }
    let skipped = applied.open.iter().filter(|step| step.outcome == Outcome::Skipped).count();
    for step in applied.open.iter().filter(|step| step.outcome != Outcome::Skipped) {
        let (sign, style) = if step.outcome == Outcome::Pending { ("…", WAITING) } else { ("✗", BAD) };
        say!("{style}{sign}{style:#} {}: {}", step.message, step.problem);
    }
    let done = match (applied.done, applied.is_complete()) {
        (0, true) => "Nothing was to be done".to_owned(),
        (0, false) => "No step is done".to_owned(),
        (1, _) => "1 step is done".to_owned(),
        (count, _) => format!("{count} steps are done"),
    };
    if applied.is_complete() {
        let end = if is_removal { "it is gone" } else { "all is as it is to be" };
        say!("{GOOD}{done}: {end}.{GOOD:#}");
    } else {
        let behind =
            if skipped > 0 { format!(", {skipped} wait behind what is said above") } else { String::new() };
        say!("{done}{behind}. Apply again later: it goes on from there.");
    }
    Ok(code)
}
