//! How a plan comes to be approved before it is applied.

use std::io::{IsTerminal as _, stderr, stdin};
use std::process::ExitCode;

use anyhow::bail;
use api::infrastructure::plan::PlanView;
use api::infrastructure::progress::Applied;
use serde_json::{Value, json};

use super::{apply_steps, conclude, planned, show_plan};
use crate::client::Client;
use crate::output::{self, QUIET, say};

/// How a plan comes to be approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent<'a> {
    /// By the id of a plan that was shown before.
    Given(&'a str),
    /// By `--yes`: the plan as it is now.
    Yes,
    /// By an answer at the terminal.
    Ask,
    /// By the command itself, unless the plan changes what others wrote.
    Implied,
}

impl<'a> Consent<'a> {
    /// What the options of a command mean, where nothing else is said.
    pub(crate) fn of(yes: bool, otherwise: Self) -> Self {
        if yes { Self::Yes } else { otherwise }
    }
}

/// What is to be applied, once it is approved.
pub(crate) struct Request<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account: &'a str,
    /// Targets, and whether it is the way back: as plans take them.
    pub(crate) body: Value,
    pub(crate) consent: Consent<'a>,
    pub(crate) json: bool,
}

impl Request<'_> {
    /// Applies, shows the steps while they go on, and says in the end what is open.
    pub(crate) async fn carry_out(&self) -> anyhow::Result<ExitCode> {
        let applied = self.apply().await?;
        conclude(&applied, self.body["destroy"] == true, self.json)
    }

    /// Has the plan approved, applies it, and shows the steps while they go on.
    pub(crate) async fn apply(&self) -> anyhow::Result<Applied> {
        let plan = self.approved().await?;
        self.apply_approved(&plan).await
    }

    /// Applies a plan that is approved.
    pub(crate) async fn apply_approved(&self, plan: &str) -> anyhow::Result<Applied> {
        let body = json!({
            "plan": plan,
            "targets": self.body["targets"].as_array().cloned().unwrap_or_default(),
            "destroy": self.body["destroy"] == true,
        });
        apply_steps(self.client, self.account, &body, self.json).await
    }

    /// The id of the plan that is approved.
    pub(crate) async fn approved(&self) -> anyhow::Result<String> {
        if let Consent::Given(id) = self.consent {
            return Ok(id.to_owned());
        }
        let plan = planned(self.client, self.account, &self.body).await?;
        let needs_nobody = plan.steps.is_empty() || (self.consent == Consent::Implied && is_own(&plan));
        if self.consent == Consent::Yes || needs_nobody {
            if !self.json && self.consent == Consent::Yes {
                say!("{QUIET}plan {}{QUIET:#}", plan.id);
            }
            return Ok(plan.id);
        }
        self.ask(&plan)?;
        Ok(plan.id)
    }

    fn ask(&self, plan: &PlanView) -> anyhow::Result<()> {
        if self.json || !(stdin().is_terminal() && stderr().is_terminal()) {
            if !self.json {
                show_plan(plan, false)?;
            }
            bail!(
                "nothing was changed: the plan needs approval, and there is no terminal to ask at. `postern apply \
                 --account {} --plan {}` approves exactly this plan for all its targets, --yes whatever the plan is",
                self.account,
                plan.id
            );
        }
        show_plan(plan, false)?;
        output::prompt("Apply this plan? [y/N]");
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        if !["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) {
            bail!("nothing was changed");
        }
        Ok(())
    }
}

/// Whether a plan changes only what Postern itself wrote and made.
fn is_own(plan: &PlanView) -> bool {
    plan.steps.iter().all(|step| step.changes.is_empty())
}
