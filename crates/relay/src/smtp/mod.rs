//! The way in by SMTP: a session's questions become calls of the intake, and its rejections become replies.
//!
//! 1. [`SmtpService::authenticate`] has a login judged ([`attempt`]).
//! 2. MAIL and RCPT are translated ([`envelope`]) and asked at [`Intake::begin`] and [`Draft::recipient`].
//! 3. Mail data flows into [`Draft::data`]; [`Draft::finish`] ends it, and [`answer`] says so.
//! 4. What a client was refused is written down ([`refused`]).
//!
//! A credential's message is queued: its 250 means that it is on disk, synced. An Entra login's message is sent with
//! the session's own token while its client waits: its 250 is Azure's.

mod answer;
mod attempt;
mod envelope;
pub(crate) mod reason;
mod refused;

use std::net::IpAddr;
use std::sync::Arc;

use ::smtp::mail_data::{LineEnds, Measures};
use ::smtp::parameters::{MailParameters, RecipientParameters};
use ::smtp::path::{ForwardPath, OfferedPath};
use ::smtp::reply::{Refusal, Reply};
use ::smtp::sasl::{Login, Proof};
use ::smtp::server::LoginPolicy;
use azure_client::bearer::BearerChecker;
use model::repair::{Repair, Repairs};
use secrecy::ExposeSecret as _;
use smtp_server::{Peer, Refused, Service};

use crate::intake::{Draft, Intake, Principal};
use crate::login::{LoginProtection, Verifier, is_broken};
use crate::refusals::Refusals;
use crate::reply_for;

/// Answers an SMTP session's questions. Clones answer together: they know the same of logins, rates and repetitions.
#[derive(Clone)]
pub struct SmtpService {
    intake: Intake,
    verifier: Arc<Verifier>,
    protection: Arc<LoginProtection>,
    entra_http: azure_client::Http,
    bearers: Arc<BearerChecker>,
    refusals: Refusals,
    /// What is repaired of whatever comes by the listener that this one answers for.
    repairs: Repairs,
}

impl SmtpService {
    /// A way in to `intake`.
    ///
    /// # Errors
    /// When what Entra logins are to trust cannot be trusted.
    pub fn new(intake: Intake) -> Result<Self, azure_client::HttpError> {
        let (store, clock) = (intake.store(), intake.clock());
        Ok(Self {
            verifier: Arc::new(Verifier::new(intake.entropy())),
            protection: LoginProtection::new(store.clone(), clock.clone()),
            entra_http: azure_client::Http::new(intake.settings().entra.ca_pem.as_deref())?,
            bearers: Arc::default(),
            refusals: Refusals::new(store, clock.clone()),
            repairs: Repairs::default(),
            intake,
        })
    }

    /// The same for a listener whose clients all need these repairs.
    #[must_use]
    pub fn with_repairs(&self, repairs: Repairs) -> Self {
        Self { repairs, ..self.clone() }
    }

    /// What guards its logins.
    #[must_use]
    pub fn protection(&self) -> &Arc<LoginProtection> {
        &self.protection
    }

    /// What clients are refused, by all clones.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.refusals.clone()
    }

    /// On whose behalf a client sends: by its login, or by its network where its listener needs no login.
    fn sender(&self, peer: &Peer, principal: Option<&Principal>) -> Result<Principal, Refusal> {
        if let Some(principal) = principal {
            return Ok(principal.clone());
        }
        if peer.login == LoginPolicy::Required {
            return Err(reply_for::LOG_IN_FIRST);
        }
        let address = peer.address.ip();
        let directory = self.intake.store().directory();
        let credential = directory.credential_without_login(address);
        let credential = credential.ok_or_else(|| reply_for::no_credential_for(address))?;
        Ok(Principal::Credential(Arc::clone(credential)))
    }
}

impl Service for SmtpService {
    type Principal = Principal;
    type Transaction = Draft;

    fn is_welcome(&self, address: IpAddr) -> bool {
        let is_listed = || self.intake.store().directory().credential_without_login(address).is_some();
        self.protection.knows(address) || is_listed()
    }

    async fn authenticate(&self, peer: &Peer, login: &Login) -> Result<Principal, Refusal> {
        if let Proof::Password(password) = &login.proof
            && is_broken(&login.name, password.expose_secret())
        {
            return Err(reply_for::LOGIN_BROKEN);
        }
        self.guarded_log_in(peer.address.ip(), login).await
    }

    async fn mail(
        &self,
        peer: &Peer,
        principal: Option<&Principal>,
        path: &OfferedPath,
        parameters: &MailParameters,
    ) -> Result<Draft, Refusal> {
        let sender = self.sender(peer, principal)?;
        let envelope = envelope::of(peer, path, parameters, self.repairs.clone());
        let begun = self.intake.begin(&sender, envelope);
        let draft = begun.map_err(|rejection| envelope::refusal(&rejection, path))?;
        if let Principal::Credential(credential) = draft.principal() {
            self.protection.used(credential.id, peer.address.ip());
        }
        Ok(draft)
    }

    fn line_ends(&self, draft: &Draft) -> LineEnds {
        match draft.allows(Repair::LineEnds) {
            true => LineEnds::Repaired,
            false => LineEnds::Strict,
        }
    }

    async fn recipient(
        &self,
        draft: &mut Draft,
        path: &OfferedPath<ForwardPath>,
        parameters: &RecipientParameters,
    ) -> Result<(), Refusal> {
        let postmaster = self.intake.settings().postmaster.as_ref();
        let taken = match envelope::recipient(path, parameters, postmaster) {
            Ok(recipient) => {
                let taken = draft.recipient(recipient).await;
                taken.map_err(|rejection| envelope::refusal(&rejection, path))
            }
            Err(refusal) => Err(refusal),
        };
        taken.map_err(|refusal| envelope::about(path, refusal))
    }

    async fn data(&self, draft: &mut Draft, octets: &[u8]) -> Result<(), Refusal> {
        draft.data(octets).await.map_err(|rejection| reply_for::rejection(&rejection))
    }

    async fn finish(&self, draft: &mut Draft, measures: Measures) -> Result<Reply, Refusal> {
        draft.line_ends_repaired(measures.repaired_line_ends);
        let accepted = draft.finish().await.map_err(|rejection| reply_for::rejection(&rejection))?;
        Ok(answer::reply(&accepted))
    }

    fn refused(&self, refused: &Refused<'_, Self>) {
        self.note_refused(refused);
    }

    fn heard(&self, reply: &Reply) {
        if let Some(accepted) = answer::accepted(reply) {
            self.intake.heard(&accepted);
        }
    }
}

#[cfg(test)]
mod tests {
    use smtp_server::Endpoint;
    use tokio::net::TcpStream;

    use super::*;

    /// Bytes of the future that a function of four arguments gives.
    fn future_bytes<A, B, C, D, F>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_session_is_small_while_it_is_idle() {
        let serve = smtp_server::serve::<SmtpService, TcpStream>;
        assert!(future_bytes::<&'static Endpoint<SmtpService>, _, _, _, _>(serve) < 3_072);
    }
}
