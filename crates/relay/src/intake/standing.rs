//! Whether a principal may send, as things are now: a client may have been admitted before the last change.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::SignedDuration;
use model::account::Account;
use model::credential::{Access, Credential};
use store::Directory;

use super::{ChosenBy, Intake, Principal, Rejection};

/// A token that ends before the message has come in would make the client's work worth nothing.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(2);

impl Intake {
    /// The principal as it is now. A credential's message is counted.
    pub(super) fn admit(
        &self,
        principal: &Principal,
        address: IpAddr,
        directory: &Directory,
    ) -> Result<Principal, Rejection> {
        let now = self.0.clock.now();
        match principal {
            Principal::Entra(login) if login.token.expires_at.duration_since(now) < TOKEN_MARGIN => {
                return Err(Rejection::TokenExpiring);
            }
            Principal::Internal(internal)
                if internal.kind.needs_sender() && !internal.account.is_enabled() =>
            {
                return Err(Rejection::AccountDisabled(internal.account.name.clone()));
            }
            Principal::Entra(_) | Principal::Internal(_) => {}
            Principal::Credential(credential) => {
                let (credential, _) = current(credential, address, directory)?;
                self.0.rates.count(&credential, now)?;
                return Ok(Principal::Credential(credential));
            }
        }
        Ok(principal.clone())
    }
}

/// The credential as it is now, with its account.
pub(super) fn current(
    credential: &Credential,
    address: IpAddr,
    directory: &Directory,
) -> Result<(Arc<Credential>, Arc<Account>), Rejection> {
    let (now, chosen_by) = match credential.access {
        Access::Password(_) => (directory.credential(credential.login.as_str()), ChosenBy::Login),
        Access::Network => (directory.credential_without_login(address), ChosenBy::Network),
    };
    let is_same = |now: &&Arc<Credential>| {
        now.id == credential.id && now.access == credential.access && now.may_come_from(address)
    };
    let current = now.filter(is_same).ok_or(Rejection::CredentialGone(chosen_by))?;
    let account = directory.account(current.account).ok_or(Rejection::CredentialGone(chosen_by))?;
    if !account.is_enabled() {
        return Err(Rejection::AccountDisabled(account.name.clone()));
    }
    Ok((Arc::clone(current), Arc::clone(account)))
}
