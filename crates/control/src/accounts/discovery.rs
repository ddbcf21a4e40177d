//! Asks Azure for what the operator left out of an account.

use model::account::Account;

use super::AccountChange;
use super::endpoint::{believed, is_guess, is_same};
use crate::Control;
use crate::error::Fault;
use crate::verify::Context;

impl Control {
    /// Asks Azure where the account's service is, if nobody has said it. What an operator said stays.
    pub(crate) async fn settle_endpoint(
        &self,
        account: &Account,
        context: &Context,
    ) -> Result<(), Fault> {
        let azure = &context.connection;
        let Some(service) = azure.service.as_ref().filter(|one| is_guess(&azure.cloud, one)) else {
            return Ok(());
        };
        let Some(id) = context.own_service().await else { return Ok(()) };
        let Ok(found) = context.arm.service(id).await else { return Ok(()) };
        let Some(url) = believed(&azure.cloud, &found.properties.host_name) else { return Ok(()) };
        if is_same(&url, &service.endpoint) {
            return Ok(());
        }
        let change = AccountChange { endpoint: Some(url.to_string()), ..AccountChange::default() };
        self.change_account(account.name.as_str(), change).await.map(drop)
    }
}
