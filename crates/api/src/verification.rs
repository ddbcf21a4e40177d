//! Verifying an account: the report, and the lines of a verification in progress. The words in `code` are stable:
//! programs match them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::command::{Command, Shell};
use crate::problem::Problem;

/// One line of a verification that goes on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum VerificationLine {
    /// A check begins.
    Began {
        /// Which.
        check: Check,
    },
    /// Something was found.
    Found {
        /// What.
        finding: Finding,
    },
    /// A check waits.
    Waits {
        /// Which.
        check: Check,
        /// What for.
        message: String,
    },
    /// A check is done.
    Ended {
        /// Which.
        check: Check,
    },
    /// All is done: the last line.
    Done {
        /// All that was found.
        report: Box<Report>,
    },
    /// It could not be done: the last line.
    Failed {
        /// Why.
        error: Problem,
    },
}

/// A service with its senders was taken over.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportedView {
    /// The communication service.
    pub service: String,
    /// Senders that are new here.
    pub added: Vec<String>,
    /// Senders that were here already.
    pub there: Vec<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    /// Register resource providers.
    pub fix: bool,
    /// Do not wait for what Azure may know only in a while.
    pub no_wait: bool,
    /// Where to send a test message.
    pub send_to: Option<String>,
    /// From which sender; any of the account's if absent.
    pub send_from: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Import {
    pub service: Option<String>,
    pub domains: Vec<String>,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The account.
    pub account: String,
    /// When it was looked at.
    pub at: Timestamp,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, check by check.
    pub findings: Vec<Finding>,
    /// What the account may do, and what it lacks.
    pub capabilities: Vec<CapabilityRow>,
    /// The smallest custom role that would do.
    pub role: Option<SmallestRole>,
    /// Communication services with what is linked to them.
    pub services: Vec<ServiceFound>,
}

/// How a verification ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Mail can be sent.
    Ready,
    /// Mail can be sent, and something should be done.
    ReadyWithWarnings,
    /// Mail cannot be sent.
    NotReady,
}

/// The checks, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Azure can be reached, and its clock is ours.
    Endpoint,
    /// Entra takes what the app proves itself with.
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
    /// Whose move it is.
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
    /// It could not be looked at, because of something else.
    Skipped,
    /// Mail can be sent in spite of it.
    Warning,
    /// Mail cannot be sent because of it.
    Failed,
}

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionOwner {
    /// Whoever looks after Postern.
    You,
    /// Whoever looks after the directory.
    EntraAdministrator,
    /// Whoever owns the subscription.
    SubscriptionOwner,
    /// Microsoft.
    Microsoft,
    /// Nobody: it takes its time.
    Wait,
}

/// How to fix a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fix {
    /// Commands to be typed into a POSIX shell, with all values filled in. Those of `az` are for whoever may.
    pub commands: Vec<String>,
    /// The same with their arguments apart, for other shells. Reports of older builds have none.
    #[serde(default)]
    pub steps: Vec<Command>,
    /// The way through the portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<String>,
}

/// What the account may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapabilityRow {
    /// A word for programs, `send_by_rest`.
    pub capability: String,
    /// The words for people.
    pub title: String,
    /// Whether it is granted.
    pub granted: bool,
    /// Whether the account is of no use without it.
    pub needed: bool,
    /// Actions that are missing, by name.
    pub missing: Vec<String>,
    /// Where it was looked at.
    pub scope: String,
}

/// A custom role, in the form that `az role definition create` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SmallestRole {
    /// Its name.
    pub name: String,
    /// Always true.
    pub is_custom: bool,
    /// What it is for.
    pub description: String,
    /// What it gives.
    pub actions: Vec<String>,
    /// Nothing is taken away again.
    pub not_actions: Vec<String>,
    /// Where it may be assigned.
    pub assignable_scopes: Vec<String>,
}

/// A communication service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceFound {
    /// Its resource name.
    pub name: String,
    /// Its ARM id.
    pub id: String,
    /// The host of its data plane.
    pub host_name: String,
    /// Where its data stay.
    pub data_location: String,
    /// Whether access keys are switched off.
    pub local_auth_disabled: bool,
    /// Whether it can be reached from outside Azure.
    pub public_network_access: bool,
    /// Domains that are linked to it.
    pub domains: Vec<DomainFound>,
    /// Logins for SMTP that are resources of their own.
    pub smtp_usernames: Vec<String>,
}

/// A linked domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainFound {
    /// The domain of its addresses.
    pub name: String,
    /// Its ARM id.
    pub id: String,
    /// `AzureManaged` or `CustomerManaged`.
    pub management: String,
    /// Parts that are not verified, by the names of the portal.
    pub unverified: Vec<String>,
    /// Its senders.
    pub senders: Vec<SenderFound>,
}

/// A sender username.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SenderFound {
    /// The whole address.
    pub address: String,
    /// The name beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
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

impl Verdict {
    const ALL: [Self; 3] = [Self::Ready, Self::ReadyWithWarnings, Self::NotReady];

    /// The verdict with that title: the store keeps verdicts so.
    #[must_use]
    pub fn of_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.title() == title)
    }

    /// What follows from findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.outcome).max() {
            Some(Outcome::Failed) => Self::NotReady,
            Some(Outcome::Warning) => Self::ReadyWithWarnings,
            _ => Self::Ready,
        }
    }

    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReadyWithWarnings => "ready with warnings",
            Self::NotReady => "not ready",
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

impl SmallestRole {
    /// How the role is made and given to an app.
    #[must_use]
    pub fn commands(&self, client: &str) -> Vec<Command> {
        let definition = serde_json::to_value(self).unwrap_or_default();
        let scope = self.assignable_scopes.first().map(String::as_str).unwrap_or_default();
        let assign = Command::az(&format!("role assignment create --assignee {client} --role"));
        vec![
            Command::file(ROLE_FILE, &definition, &[]),
            Command::az("role definition create --role-definition").arg(format!("@{ROLE_FILE}")),
            assign.arg(&self.name).arg("--scope").arg(scope),
        ]
    }
}

/// Where the definition of the role stands.
const ROLE_FILE: &str = "postern-role.json";
