//! What a check found, who has to act, and how to fix it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::command::{Command, Shell};

/// The checks, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Azure can be reached, and its clock is ours.
    Endpoint,
    /// Entra accepts the app's authentication.
    Authentication,
    /// The subscription is there and can be used.
    Subscription,
    /// What the app may do.
    Permissions,
    /// Resource providers are registered.
    Providers,
    /// Communication services, domains, senders.
    Services,
    /// What Azure allows.
    Quota,
    /// How long the secret is good.
    Secret,
    /// A test message, on request.
    Delivery,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// A word for programs, `authentication.secret_expired`.
    pub code: String,
    /// How bad it is.
    pub outcome: Outcome,
    /// A sentence for people.
    pub message: String,
    /// Who has to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ActionOwner>,
    /// How to fix it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is as it should be.
    Passed,
    /// It could not be checked, because of something else.
    Skipped,
    /// Mail can be sent in spite of it.
    Warning,
    /// Mail cannot be sent because of it.
    Failed,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionOwner {
    /// Postern's administrator.
    You,
    /// The directory's administrator.
    EntraAdministrator,
    /// The subscription's owner.
    SubscriptionOwner,
    /// Microsoft.
    Microsoft,
    /// Nobody: it takes its time.
    Wait,
}

/// How to fix a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fix {
    /// Commands to be typed into a POSIX shell, with all values filled in. Those of `az` need the right to run them.
    pub commands: Vec<String>,
    /// The same with their arguments apart, for other shells. Reports of older builds have none.
    #[serde(default)]
    pub steps: Vec<Command>,
    /// The way through the portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<String>,
}

impl Check {
    /// All of them but the one that is only made on request.
    pub const STANDARD: [Self; 8] = [
        Self::Endpoint,
        Self::Authentication,
        Self::Subscription,
        Self::Permissions,
        Self::Providers,
        Self::Services,
        Self::Quota,
        Self::Secret,
    ];

    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Endpoint => "Azure can be reached",
            Self::Authentication => "The app can log in",
            Self::Subscription => "The subscription can be used",
            Self::Permissions => "The app has the rights it needs",
            Self::Providers => "Resource providers are registered",
            Self::Services => "Domains and senders are ready",
            Self::Quota => "The quota is known",
            Self::Secret => "The secret is good for a while",
            Self::Delivery => "Azure takes a test message",
        }
    }
}

impl ActionOwner {
    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::EntraAdministrator => "your Entra administrator",
            Self::SubscriptionOwner => "the owner of the subscription",
            Self::Microsoft => "Microsoft",
            Self::Wait => "nobody: wait",
        }
    }
}

impl Finding {
    pub fn new(check: Check, code: &str, outcome: Outcome, message: impl Into<String>) -> Self {
        Self { check, code: code.to_owned(), outcome, message: message.into(), owner: None, fix: None }
    }

    pub fn passed(check: Check, code: &str, message: impl Into<String>) -> Self {
        Self::new(check, code, Outcome::Passed, message)
    }

    pub fn warning(check: Check, code: &str, message: impl Into<String>) -> Self {
        Self::new(check, code, Outcome::Warning, message)
    }

    pub fn failed(check: Check, code: &str, message: impl Into<String>) -> Self {
        Self::new(check, code, Outcome::Failed, message)
    }

    pub fn by(mut self, owner: ActionOwner) -> Self {
        self.owner = Some(owner);
        self
    }

    pub fn fix(mut self, steps: Vec<Command>, portal: impl Into<Option<String>>) -> Self {
        self.fix = Some(Fix { portal: portal.into(), ..Fix::of(steps) });
        self
    }
}

impl Fix {
    /// These steps.
    pub fn of(steps: Vec<Command>) -> Self {
        Self { commands: steps.iter().map(|step| step.text(Shell::Bash)).collect(), steps, portal: None }
    }

    /// What is typed into a shell; what has to be typed on the server is for the server's own.
    #[must_use]
    pub fn typed(&self, shell: Shell) -> Vec<String> {
        if self.steps.is_empty() {
            return self.commands.clone();
        }
        self.steps.iter().map(|step| step.text(shell)).collect()
    }
}
