//! How a plan comes to be approved before it is applied.

use std::io::{IsTerminal as _, stderr, stdin};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use api::infrastructure::plan::{PlanView, RecordChange};
use api::infrastructure::progress::Applied;
use api::problem::{Code, Problem};
use serde_json::{Value, json};

use super::{Goal, apply_steps, conclude, planned, show_plan};
use crate::client::Client;
use crate::output::{self, Format, QUIET, say};

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

/// What is to be applied, once it is approved.
pub(crate) struct Request<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account: &'a str,
    /// Targets, and whether it is the way back: as plans take them.
    pub(crate) body: Value,
    pub(crate) consent: Consent<'a>,
    pub(crate) format: Format,
}

/// What was approved.
pub(crate) struct Approved {
    /// The plan's id.
    plan: String,
    /// Where it need not be exactly this plan: the changes of what others wrote that any plan may make.
    covered: Option<Vec<RecordChange>>,
}

/// Plans that are applied for before the last one's answer is passed on.
const TRIES: u32 = 4;

impl Approved {
    /// Whether a plan that is made by now may be applied without asking again.
    fn covers(&self, plan: &PlanView) -> bool {
        let mut changes = plan.steps.iter().flat_map(|step| &step.changes);
        self.covered.as_ref().is_some_and(|covered| changes.all(|change| covered.contains(change)))
    }
}

/// The plan as it is now, if an apply failed because it is not the approved one.
fn changed_plan(error: &anyhow::Error) -> Option<PlanView> {
    let problem = error.downcast_ref::<Problem>().filter(|problem| problem.code == Code::PlanChanged)?;
    serde_json::from_value(problem.details.clone()?).ok()
}

impl Request<'_> {
    /// Applies, shows the steps while they go on, and says in the end what is open.
    pub(crate) async fn carry_out(&self) -> anyhow::Result<ExitCode> {
        let applied = self.apply().await?;
        let goal = if self.body["destroy"] == true { Goal::Removed } else { Goal::Desired };
        conclude(&applied, goal, self.format)
    }

    /// Has the plan approved, applies it, and shows the steps while they go on.
    pub(crate) async fn apply(&self) -> anyhow::Result<Applied> {
        let plan = self.approved().await?;
        self.apply_approved(&plan).await
    }

    /// Applies a plan that is approved. If it is another one by now, it goes on with that where the approval covers it.
    pub(crate) async fn apply_approved(&self, approved: &Approved) -> anyhow::Result<Applied> {
        let (mut plan, mut tries) = (approved.plan.clone(), 0);
        loop {
            tries += 1;
            let body = json!({
                "plan": plan,
                "targets": self.body["targets"].as_array().cloned().unwrap_or_default(),
                "destroy": self.body["destroy"] == true,
            });
            let error = match apply_steps(self.client, self.account, &body, self.format).await {
                Ok(applied) => return Ok(applied),
                Err(error) => error,
            };
            let Some(changed) = changed_plan(&error) else { return Err(error) };
            if !approved.covers(&changed) {
                return Err(self.not_covered(&changed));
            }
            if tries == TRIES {
                return Err(error);
            }
            plan = changed.id;
        }
    }

    /// Shows a plan that nobody approved, and says how to.
    fn not_covered(&self, changed: &PlanView) -> anyhow::Error {
        if self.format == Format::Text
            && let Err(error) = show_plan(changed, Format::Text)
        {
            return error;
        }
        anyhow!(
            "nothing was changed: the plan is another one by now, and the approval does not cover it. `postern apply \
             --account {} --plan {}` approves the new plan for all its targets",
            self.account,
            changed.id
        )
    }

    /// The plan that is approved.
    pub(crate) async fn approved(&self) -> anyhow::Result<Approved> {
        if let Consent::Given(id) = self.consent {
            return Ok(Approved { plan: id.to_owned(), covered: None });
        }
        let plan = planned(self.client, self.account, &self.body).await?;
        let needs_nobody = plan.steps.is_empty() || (self.consent == Consent::Implied && is_own(&plan));
        if self.consent == Consent::Yes || needs_nobody {
            if self.format == Format::Text && self.consent == Consent::Yes {
                say!("{QUIET}plan {}{QUIET:#}", plan.id);
            }
            let covered = plan.steps.into_iter().flat_map(|step| step.changes).collect();
            return Ok(Approved { plan: plan.id, covered: Some(covered) });
        }
        self.ask(&plan)?;
        Ok(Approved { plan: plan.id, covered: None })
    }

    fn ask(&self, plan: &PlanView) -> anyhow::Result<()> {
        if self.format == Format::Json || !(stdin().is_terminal() && stderr().is_terminal()) {
            if self.format == Format::Text {
                show_plan(plan, Format::Text)?;
            }
            bail!(
                "nothing was changed: the plan needs approval, and there is no terminal to ask at. `postern apply \
                 --account {} --plan {}` approves exactly this plan for all its targets, --yes whatever the plan is",
                self.account,
                plan.id
            );
        }
        show_plan(plan, Format::Text)?;
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

#[cfg(test)]
mod tests;
