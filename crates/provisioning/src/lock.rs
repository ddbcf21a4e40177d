//! One apply at a time for each account, on whatever node.

use model::id::AccountId;
use store::{Held, StoreError, Term};

use super::Provisioning;

impl Provisioning {
    /// Takes the lock of an account's infrastructure; `None` while another apply has it.
    pub(super) async fn try_lock(&self, account: AccountId) -> Result<Option<Held>, StoreError> {
        self.store.locks().try_take(&name(account), Term::from(self.clock.now())).await
    }

    /// Takes the lock of an account's infrastructure, once nobody else of this process has it.
    pub(super) async fn lock(&self, account: AccountId) -> Result<Held, StoreError> {
        self.store.locks().take(&name(account), Term::from(self.clock.now())).await
    }
}

fn name(account: AccountId) -> String {
    format!("apply/{account}")
}

#[cfg(test)]
mod tests {
    use azure_client::credential::IdentityEndpoint;
    use clock::{Clock, Entropy, Sources};
    use jiff::Timestamp;
    use store::{DataDir, MasterKey, Options, Store, Volatile};

    use super::*;

    fn provisioning() -> (tempfile::TempDir, Provisioning) {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let options = Options { segment_bytes: 65_536, ..Options::default() };
        let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, now).unwrap();
        let sources = Sources { clock: Clock::standing(now), entropy: Entropy::repeatable(1) };
        (folder, Provisioning::new(store, sources, IdentityEndpoint::default()))
    }

    #[tokio::test]
    async fn an_account_is_applied_to_once_at_a_time_and_others_beside_it() {
        let (_folder, provisioning) = provisioning();
        let (one, other) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let held = provisioning.lock(one).await.unwrap();
        assert!(provisioning.try_lock(one).await.unwrap().is_none());
        assert!(provisioning.try_lock(other).await.unwrap().is_some());
        drop(held);
        assert!(provisioning.try_lock(one).await.unwrap().is_some());
    }
}
