//! On whose behalf a message is taken: by the session's login, or by the client's network.

use std::net::IpAddr;
use std::sync::Arc;

use ::smtp::reply::Refusal;
use ::smtp::server::LoginPolicy;
use model::account::Account;
use model::credential::{Access, Credential};
use smtp_server::Peer;
use store::Directory;

use super::{Principal, Sender, Submission, TOKEN_MARGIN};
use crate::reply_for;

const LOGIN_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "This login has changed: connect and log in again");
const NETWORK_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "The credential of your network has changed: connect again");

impl Submission {
    /// On whose behalf a message is taken, as things are now: a session may be older than the last change.
    pub(super) fn sender(&self, peer: &Peer, principal: Option<&Principal>) -> Result<Sender, Refusal> {
        let (address, now) = (peer.address.ip(), self.context.clock.now());
        let directory = self.context.store.directory();
        let credential = match principal {
            Some(Principal::Entra(login)) => {
                let is_ending = login.token.expires_at.duration_since(now) < TOKEN_MARGIN;
                return if is_ending {
                    Err(reply_for::LOG_IN_AGAIN)
                } else {
                    Ok(Sender::Entra(Arc::clone(login)))
                };
            }
            Some(Principal::Credential(credential)) => Arc::clone(credential),
            None if peer.login == LoginPolicy::Required => return Err(reply_for::LOG_IN_FIRST),
            None => match directory.credential_without_login(address) {
                Some(credential) => Arc::clone(credential),
                None => return Err(reply_for::no_credential_for(address)),
            },
        };
        let (credential, _) = current(&credential, address, &directory)?;
        if !self.rates.allows(&credential, now) {
            return Err(reply_for::TOO_FAST);
        }
        self.protection.used(credential.id, address);
        Ok(Sender::Credential(credential))
    }
}

/// The credential as it is now, with its account: a session may be older than the last change.
pub(super) fn current(
    credential: &Credential,
    address: IpAddr,
    directory: &Directory,
) -> Result<(Arc<Credential>, Arc<Account>), Refusal> {
    let (now, changed) = match credential.access {
        Access::Password(_) => (directory.credential(credential.login.as_str()), LOGIN_CHANGED),
        Access::Network => (directory.credential_without_login(address), NETWORK_CHANGED),
    };
    let is_same = |now: &&Arc<Credential>| {
        now.id == credential.id && now.access == credential.access && now.may_come_from(address)
    };
    let current = now.filter(is_same).ok_or(changed.clone())?;
    let account = directory.account(current.account).ok_or(changed)?;
    if !account.is_enabled() {
        return Err(reply_for::ACCOUNT_DISABLED);
    }
    Ok((Arc::clone(current), Arc::clone(account)))
}
