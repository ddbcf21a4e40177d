//! Taking over what is there: a communication service, and the senders of its domains.

use api::verification::{Check, Finding, Outcome, ServiceFound};
use azure_client::fault::SOON;
use model::sender::Sender;

use super::AccountChange;
use crate::Control;
use crate::error::{Fault, Invalid};
use crate::verify::Repair;
use provisioning::endpoint::{believed, is_guess};

/// What was taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The communication service.
    pub service: String,
    /// Senders that are new here.
    pub added: Vec<String>,
    /// Senders that were here already.
    pub there: Vec<String>,
}

impl Control {
    /// Looks at what the account's app sees, and takes over the service of that name, or the only one, with the
    /// senders of the domains that are wanted: all of its linked ones if none are named.
    ///
    /// # Errors
    /// When the account cannot look, there is no such service or domain, or nothing can be stored.
    pub async fn import(
        &self,
        name: &str,
        service: Option<&str>,
        domains: &[String],
    ) -> Result<Imported, Fault> {
        self.account_to_change(name)?;
        let report = Box::pin(self.verify(name, Repair::Nothing, None)).await?;
        let account = self.account_to_change(name)?;
        let azure = account.azure()?;
        let chosen = azure.service.as_ref().map(|service| service.name.to_string());
        let wanted = service.map(str::to_owned).or(chosen);
        if report.services.is_empty()
            && let Some(reason) = report.findings.iter().find(|one| keeps_from_seeing(one))
        {
            return Err(unseen(reason));
        }
        let found = pick(&report.services, wanted.as_deref())?;
        for domain in domains {
            if !found.domains.iter().any(|one| one.name.eq_ignore_ascii_case(domain)) {
                let linked: Vec<&str> = found.domains.iter().map(|one| one.name.as_str()).collect();
                let reason = format!("{domain} is not linked to {}; {} is", found.name, linked.join(", "));
                return Err(Invalid::new("domain", reason).into());
            }
        }
        // A base URL that the operator has said for this service stays; one that was only guessed does not.
        let is_right = azure.service.as_ref().is_some_and(|own| {
            own.name.as_str().eq_ignore_ascii_case(&found.name) && !is_guess(&azure.cloud, own)
        });
        if !is_right {
            let change = AccountChange {
                service: Some(found.name.clone()),
                endpoint: believed(&azure.cloud, &found.host_name).map(String::from),
                ..AccountChange::default()
            };
            self.change_account(name, change).await?;
        }
        let mut imported = Imported { service: found.name.clone(), ..Imported::default() };
        let is_wanted =
            |name: &str| domains.is_empty() || domains.iter().any(|one| one.eq_ignore_ascii_case(name));
        for sender in found.domains.iter().filter(|one| is_wanted(&one.name)).flat_map(|one| &one.senders) {
            let Ok(mailbox) = sender.address.parse() else { continue };
            if self.store.directory().sender(account.id, &mailbox).is_some() {
                imported.there.push(sender.address.clone());
                continue;
            }
            let detail = format!("account {name}, taken over from Azure");
            let audit = self.entry("sender.add", &sender.address, detail);
            let created_at = self.clock.now();
            let display_name = sender.display_name.clone();
            let row = Sender { account: account.id, mailbox, display_name, created_at };
            self.store.senders().add(row, audit).await?;
            imported.added.push(sender.address.clone());
        }
        Ok(imported)
    }
}

/// Findings after which another request of the same account, or another account, would succeed.
const NO_SERVICE: [&str; 3] = ["services.none", "services.not_chosen", "services.missing"];
/// Ends of the codes of findings that may be over in a while.
const PASSING: [&str; 6] =
    ["unreachable", "unreadable", "throttled", "azure_in_trouble", "no_token", "unexpected"];

/// Whether a finding is why the app sees no service.
fn keeps_from_seeing(finding: &Finding) -> bool {
    match finding.outcome {
        Outcome::Failed => finding.code != "endpoint.service_unreachable",
        Outcome::Warning => finding.check == Check::Services,
        Outcome::Passed | Outcome::Skipped => false,
    }
}

/// Why the app sees no service: Azure could not be asked, or it has none to show.
fn unseen(reason: &Finding) -> Fault {
    if NO_SERVICE.contains(&reason.code.as_str()) {
        return Invalid::new("service", format!("the app sees none: {}", reason.message)).into();
    }
    let who = if reason.check == Check::Authentication { "Entra" } else { "Azure" };
    // Where the app is rejected, or this machine's clock is wrong, somebody has to act first.
    let is_passing = PASSING.iter().any(|end| reason.code.ends_with(end));
    Fault::Upstream {
        who: who.to_owned(),
        message: reason.message.clone(),
        retry_after: is_passing.then_some(SOON),
    }
}

fn pick<'a>(services: &'a [ServiceFound], wanted: Option<&str>) -> Result<&'a ServiceFound, Invalid> {
    let names = || services.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    match (services, wanted) {
        ([], _) => Err(Invalid::new("service", "the app sees no communication service: verify the account")),
        (_, Some(wanted)) => {
            services.iter().find(|one| one.name.eq_ignore_ascii_case(wanted)).ok_or_else(|| {
                Invalid::new("service", format!("the app sees no service {wanted}; it sees {}", names()))
            })
        }
        ([only], None) => Ok(only),
        (_, None) => Err(Invalid::new("service", format!("say which one with --service: {}", names()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_azure_that_cannot_be_asked_is_not_blamed_on_the_request() {
        for (check, code, blamed, retry_after) in [
            (Check::Endpoint, "endpoint.unreachable", "upstream", Some(SOON)),
            (Check::Endpoint, "endpoint.clock_wrong", "upstream", None),
            (Check::Authentication, "authentication.throttled", "upstream", Some(SOON)),
            (Check::Authentication, "authentication.secret_wrong", "upstream", None),
            (Check::Subscription, "subscription.not_visible", "upstream", None),
            (Check::Services, "services.unreadable", "upstream", Some(SOON)),
            (Check::Services, "services.azure_in_trouble", "upstream", Some(SOON)),
            (Check::Services, "services.hidden", "upstream", None),
            (Check::Services, "services.none", "invalid", None),
        ] {
            let fault = unseen(&Finding::failed(check, code, "why".to_owned()));
            assert_eq!(fault.code(), blamed, "{code}");
            let asked = match fault {
                Fault::Upstream { retry_after, .. } => retry_after,
                _ => None,
            };
            assert_eq!(asked, retry_after, "{code}");
        }
        let finding = |code: &str| Finding::failed(Check::Endpoint, code, "why".to_owned());
        assert!(keeps_from_seeing(&finding("endpoint.unreachable")));
        assert!(!keeps_from_seeing(&finding("endpoint.service_unreachable")));
    }
}
