//! One apply at a time for each account, on whatever node.

use model::id::AccountId;
use store::{Held, StoreError, Term};

use crate::Control;

impl Control {
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
    use super::*;
    use crate::accounts::tests::control;

    #[tokio::test]
    async fn an_account_is_applied_to_once_at_a_time_and_others_beside_it() {
        let (_folder, control) = control();
        let (one, other) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let held = control.lock(one).await.unwrap();
        assert!(control.try_lock(one).await.unwrap().is_none());
        assert!(control.try_lock(other).await.unwrap().is_some());
        drop(held);
        assert!(control.try_lock(one).await.unwrap().is_some());
    }
}
