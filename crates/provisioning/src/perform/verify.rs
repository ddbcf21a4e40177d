//! Having a domain verified: requested once, polled until there is a verdict, begun again where Azure is stuck.

use azure_client::arm::Begun;
use azure_types::communication::{VerificationState, VerificationStates};
use jiff::{SignedDuration, Timestamp};

use super::super::observed::ObservedDomain;
use super::super::step::Action;
use super::{Context, NotDone};

/// The parts of a step.
type Parts = [&'static str];

pub(super) const OWNERSHIP: [&str; 1] = ["Domain"];
pub(super) const RECORDS: [&str; 3] = ["SPF", "DKIM", "DKIM2"];

/// A verdict takes seconds or minutes; after this Azure is thought to be stuck.
const STUCK: SignedDuration = SignedDuration::from_mins(15);

impl Context {
    pub(super) async fn verify(&self, action: &Action, name: &str, parts: &Parts) -> Result<(), NotDone> {
        if self.ask_and_wait(name, parts).await? {
            return self.verdict(name, parts);
        }
        self.progress(&action.key(), "Azure is stuck; the verification is taken back and begun again");
        let id = self.ids.domain(name);
        let is_open = |part: &&&str| !state(&self.observed_domain(name).states, part).is_verified();
        for part in parts.iter().filter(is_open) {
            // It may have ended just now, which is an error there and good news here.
            let _ = self.azure.arm.cancel_verification(&id, part).await;
        }
        let calm =
            |observed: &ObservedDomain| parts.iter().all(|part| !is_going(state(&observed.states, part)));
        self.wait_for(name, self.in_time(), calm).await?;
        if self.ask_and_wait(name, parts).await? {
            return self.verdict(name, parts);
        }
        Err(NotDone::Pending(format!(
            "Azure has been asked twice to verify {} of {name}, and has given no verdict. Apply again later; if it \
             stays so, `postern destroy --target {name}` and a new apply begin from the start",
            parts.join(", ")
        )))
    }

    /// Whether there was a verdict in time.
    async fn ask_and_wait(&self, name: &str, parts: &Parts) -> Result<bool, NotDone> {
        let id = self.ids.domain(name);
        let now = self.observed_domain(name).states;
        let asks = parts.iter().filter(|part| {
            let state = state(&now, part);
            !state.is_verified() && !is_going(state)
        });
        let asks = asks.map(|part| async {
            match self.azure.arm.initiate_verification(&id, part).await {
                // It is under way or done.
                Err(error) if error.is(409) => Ok(()),
                Err(error) => Err(error.into()),
                // Until that operation is over, the domain may show what became of an attempt before.
                Ok(begun) => self.until_over(&begun).await,
            }
        });
        futures_util::future::try_join_all(asks).await?;
        let is_judged = |observed: &ObservedDomain| {
            parts.iter().all(|part| {
                let state = state(&observed.states, part);
                state.is_verified() || state.status == "VerificationFailed"
            })
        };
        Ok(self.wait_for(name, self.in_time(), is_judged).await?.is_some())
    }

    /// Waits until an operation is over, which says nothing of the verdict. One that cannot be asked about is over.
    async fn until_over(&self, begun: &Begun) -> Result<(), NotDone> {
        let mut patience = self.patience();
        loop {
            match self.azure.arm.operation(begun).await {
                Ok(Some(operation)) if matches!(operation.status.as_str(), "Failed" | "Canceled") => {
                    return Err(self.failed(Some(begun)).await);
                }
                Ok(Some(operation)) if operation.status != "Succeeded" => {
                    self.pause(&mut patience, "beginning the verification").await?;
                }
                Ok(_) => return Ok(()),
                Err(error) if error.is(403) || error.is(404) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn verdict(&self, name: &str, parts: &Parts) -> Result<(), NotDone> {
        let states = self.observed_domain(name).states;
        let failed: Vec<String> = parts
            .iter()
            .filter(|part| !state(&states, part).is_verified())
            .map(|part| {
                let code = state(&states, part).error_code.clone().unwrap_or_default();
                if code.is_empty() { (*part).to_owned() } else { format!("{part} ({code})") }
            })
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        // What is shown was right a moment ago: resolvers on Azure's side may still believe what was there before.
        Err(NotDone::Pending(format!(
            "Azure did not accept {}. The records are right at the zone's own servers; others may keep the old \
             answer for a while. Apply again later, or look with `postern domain doctor {name}`",
            failed.join(", ")
        )))
    }

    fn in_time(&self) -> Timestamp {
        clock::after(self.azure.provisioning.clock.now(), STUCK)
    }
}

fn state<'a>(states: &'a VerificationStates, part: &str) -> &'a VerificationState {
    match part {
        "Domain" => &states.domain,
        "SPF" => &states.spf,
        "DKIM" => &states.dkim,
        _ => &states.dkim2,
    }
}

fn is_going(state: &VerificationState) -> bool {
    matches!(
        state.status.as_str(),
        "VerificationRequested" | "VerificationInProgress" | "CancellationRequested"
    )
}
