//! Whether an account can do what it is there for, and what to do where it cannot.
//!
//! [`Control::verify`] runs the checks, side by side where one does not need another: first whether Azure can be
//! reached ([`endpoint`]) and lets the app in ([`authentication`]), then everything else. Each check is one file
//! and gives findings; [`Report`] is what comes out.

mod authentication;
mod context;
mod delivery;
mod endpoint;
mod key;
mod permissions;
mod providers;
mod quota;
mod refused;
pub(crate) mod secret;
mod services;
mod subscription;

use std::sync::Arc;

use api::verification::{ActionOwner, Check, Finding, Outcome, Report, Verdict};
use azure_client::Http;
use model::account::Account;
use model::azure::{Authorization, AzureConnection};
use store::KeptVerification;
use tokio::sync::mpsc::UnboundedSender;

pub use self::delivery::delivery_finding;
use crate::Control;
use crate::error::Fault;
use provisioning::AzureAccount;

/// What a kept report says is worst, if the account was not ready.
#[must_use]
pub fn worst_of(report: &str) -> Option<String> {
    let report: Report = serde_json::from_str(report).ok()?;
    let is_failed = |finding: &Finding| finding.outcome == Outcome::Failed;
    let worst = report.findings.into_iter().find(is_failed).filter(|_| report.verdict == Verdict::NotReady);
    worst.map(|worst| worst.message)
}

/// A progress event of a verification.
#[derive(Clone, Debug)]
pub enum Event {
    /// A check begins.
    Began(Check),
    /// Something was found.
    Found(Finding),
    /// A check waits, and why.
    Waits(Check, String),
    /// A check is done.
    Ended(Check),
}

/// How a verification goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// What it may do besides looking.
    pub repair: Repair,
    /// How long it waits for what Azure may know only in a while.
    pub patience: Patience,
}

/// How long a verification waits for what Azure may know only in a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// A minute for a secret that is new here.
    #[default]
    Waits,
    /// Not at all.
    AtOnce,
}

impl From<Repair> for Manner {
    fn from(repair: Repair) -> Self {
        Self { repair, ..Self::default() }
    }
}

/// What a verification may do besides looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repair {
    #[default]
    Nothing,
    /// Register resource providers.
    Register,
}

fn has_failed(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.outcome == Outcome::Failed)
}

/// Who receives the progress events of a verification.
#[derive(Clone)]
pub(crate) struct Watch(Option<UnboundedSender<Event>>);

impl Watch {
    fn tell(&self, event: Event) {
        if let Some(sender) = &self.0 {
            // Nobody has to stay to the end.
            let _ = sender.send(event);
        }
    }

    /// Runs a check and tells what it finds.
    async fn check<T>(
        &self,
        check: Check,
        work: impl Future<Output = (Vec<Finding>, T)>,
    ) -> (Vec<Finding>, T) {
        self.tell(Event::Began(check));
        let (findings, more) = work.await;
        for finding in &findings {
            self.tell(Event::Found(finding.clone()));
        }
        self.tell(Event::Ended(check));
        (findings, more)
    }

    async fn plain(&self, check: Check, work: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
        self.check(check, async { (work.await, ()) }).await.0
    }
}

impl Control {
    /// Looks at an account, tells `events` meanwhile, and keeps the result.
    ///
    /// # Errors
    /// When there is no such account, or the store fails. What is wrong with the account is no error.
    pub async fn verify(
        &self,
        name: &str,
        manner: impl Into<Manner>,
        events: Option<UnboundedSender<Event>>,
    ) -> Result<Report, Fault> {
        let account = self.provisioning.settle_service(self.account_to_change(name)?).await?;
        let report = Box::pin(self.examine(account, manner.into(), &Watch(events))).await?;
        self.keep_report(name, &report).await?;
        Ok(report)
    }

    /// Adds what test messages showed to a report, judges it anew and keeps it.
    ///
    /// # Errors
    /// When there is no such account, or the store fails.
    pub async fn add_findings(
        &self,
        name: &str,
        report: &mut Report,
        findings: Vec<Finding>,
    ) -> Result<(), Fault> {
        report.findings.extend(findings);
        report.verdict = Verdict::of(&report.findings);
        self.keep_report(name, report).await
    }

    /// Keeps what a verification found, in the place of what the last one did.
    async fn keep_report(&self, name: &str, report: &Report) -> Result<(), Fault> {
        let account = self.account_to_change(name)?;
        let kept = KeptVerification {
            at: report.at,
            verdict: report.verdict.as_str().to_owned(),
            report: serde_json::to_string(report).unwrap_or_default(),
        };
        Ok(self.store.verifications().keep(account.id, kept).await?)
    }

    /// What the last verification of an account found.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_report(&self, account: &Account) -> Result<Option<Report>, Fault> {
        self.caller.may_read(account.id, format!("account {}", account.name))?;
        let kept = self.store.verifications().last(account.id).await?;
        // One that an older program wrote in another form is as good as none.
        Ok(kept.and_then(|kept| serde_json::from_str(&kept.report).ok()))
    }

    async fn examine(&self, account: Arc<Account>, manner: Manner, watch: &Watch) -> Result<Report, Fault> {
        let azure = account.azure()?;
        let mut report = Report {
            account: account.name.to_string(),
            at: self.clock.now(),
            verdict: Verdict::Ready,
            findings: Vec::new(),
            capabilities: Vec::new(),
            role: None,
            services: Vec::new(),
        };
        if azure.authorization == Authorization::AccessKey {
            self.examine_key(&account, azure, watch, &mut report).await;
            return Ok(report);
        }
        let context = match self.context(&account).await {
            Ok(context) => context,
            Err(finding) => {
                let found = watch.plain(Check::Authentication, async { vec![*finding] }).await;
                report.findings.extend(found);
                report.verdict = Verdict::of(&report.findings);
                return Ok(report);
            }
        };
        report.findings = watch
            .plain(
                Check::Endpoint,
                endpoint::check(self, &context.account, &context.connection, &context.http),
            )
            .await;
        if report.findings.iter().any(endpoint::is_in_the_way) {
            self.skip(
                watch,
                &mut report,
                &Check::STANDARD[1..],
                "the problem with the connection to Azure has to be solved first",
            );
        } else {
            let found = watch
                .plain(Check::Authentication, authentication::check(&context, watch, manner.patience))
                .await;
            let is_let_in = !has_failed(&found);
            report.findings.extend(found);
            if !is_let_in {
                self.skip(watch, &mut report, &Check::STANDARD[2..], "the app cannot log in");
            } else {
                Box::pin(self.look_around(&context, manner.repair, watch, &mut report)).await;
            }
        }
        report.findings.sort_by_key(|finding| finding.check);
        report.verdict = Verdict::of(&report.findings);
        Ok(report)
    }

    /// What can be said of an account that has an access key and no app.
    async fn examine_key(
        &self,
        account: &Account,
        azure: &AzureConnection,
        watch: &Watch,
        report: &mut Report,
    ) {
        let reached = async {
            match Http::new(azure.cloud.ca_pem()) {
                Ok(http) => endpoint::check(self, account, azure, &http).await,
                Err(error) => vec![Finding::failed(Check::Endpoint, "endpoint.unusable", error.to_string())],
            }
        };
        report.findings = watch.plain(Check::Endpoint, reached).await;
        if has_failed(&report.findings) {
            self.skip(
                watch,
                report,
                &Check::STANDARD[1..],
                "the problem with the connection to Azure has to be solved first",
            );
        } else {
            let found = watch.plain(Check::Authentication, key::check(self, account, azure)).await;
            report.findings.extend(found);
            let why = "an access key can only send mail; this account has no app whose permissions could be checked";
            self.skip(watch, report, &Check::STANDARD[2..], why);
        }
        report.findings.sort_by_key(|finding| finding.check);
        report.verdict = Verdict::of(&report.findings);
    }

    /// Everything that needs a token.
    async fn look_around(&self, context: &AzureAccount, repair: Repair, watch: &Watch, report: &mut Report) {
        let (subscription, secret) = tokio::join!(
            watch.check(Check::Subscription, subscription::check(context)),
            watch.plain(Check::Secret, secret::check(context)),
        );
        let (subscription, is_visible) = subscription;
        report.findings.extend(subscription);
        report.findings.extend(secret);
        if !is_visible {
            let rest = [Check::Permissions, Check::Providers, Check::Services, Check::Quota];
            self.skip(watch, report, &rest, "the app does not see the subscription");
            return;
        }
        let (providers, permissions, services) = tokio::join!(
            watch.plain(Check::Providers, providers::check(context, repair)),
            watch.check(Check::Permissions, permissions::check(context)),
            watch.check(Check::Services, services::check(context)),
        );
        let quota = watch.plain(Check::Quota, quota::check(context, &services.1)).await;
        let (permissions, (capabilities, role)) = permissions;
        for found in [providers, permissions, services.0, quota] {
            report.findings.extend(found);
        }
        (report.capabilities, report.role, report.services) = (capabilities, role, services.1);
    }

    /// Reports checks that could not be made.
    fn skip(&self, watch: &Watch, report: &mut Report, checks: &[Check], why: &str) {
        for check in checks {
            let code = format!("{}.skipped", context::serde_name(*check));
            let message = format!("Not checked, because {why}.");
            let finding = Finding::new(*check, &code, Outcome::Skipped, message);
            watch.tell(Event::Began(*check));
            watch.tell(Event::Found(finding.clone()));
            watch.tell(Event::Ended(*check));
            report.findings.push(finding);
        }
    }

    /// Connections and credential of an account, or the finding that there are none.
    async fn context(&self, account: &Arc<Account>) -> Result<AzureAccount, Box<Finding>> {
        self.provisioning.azure_account(account).await.map_err(|fault| {
            let code = "authentication.unusable";
            let finding =
                Finding::failed(Check::Authentication, code, fault.to_string()).by(ActionOwner::You);
            let commands = vec![secret::replace(account)];
            Box::new(finding.fix(commands, None))
        })
    }
}
