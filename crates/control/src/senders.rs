//! Sender addresses of an account.

use model::sender::Sender;
use smtp::address::Mailbox;
use store::StoreError;

use crate::Control;
use crate::error::{Fault, Invalid};

/// A sender as the operator describes it.
#[derive(Clone, Debug)]
pub struct NewSender {
    /// The account's name.
    pub account: String,
    pub mailbox: String,
    /// The name that Azure puts beside it.
    pub display_name: Option<String>,
}

impl Control {
    /// Lets an account send from an address. The address must be a sender username at a domain that is
    /// linked to the account's communication service.
    ///
    /// # Errors
    /// When the address is not one, the account has it already, or nothing can be stored.
    pub async fn add_sender(&self, new: NewSender) -> Result<Sender, Fault> {
        let account = self.account_to_change(&new.account)?;
        let directory = self.store.directory();
        let mailbox: Mailbox = new.mailbox.trim().parse().map_err(|error| Invalid::new("address", error))?;
        if mailbox.local_part().as_str() == "*" {
            return Err(Invalid::new("address", "there are no wildcards: each sender is named").into());
        }
        // Azure does not tell upper from lower case in a sender username.
        let text = mailbox.to_string();
        if let Some(known) =
            directory.senders(account.id).find(|known| known.mailbox.to_string().eq_ignore_ascii_case(&text))
        {
            return Err(StoreError::Exists(format!("sender {}", known.mailbox)).into());
        }
        let display_name =
            new.display_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if display_name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
            return Err(
                Invalid::new("display_name", "it has a line break or another control character").into()
            );
        }
        let sender = Sender { account: account.id, mailbox, display_name, created_at: self.clock.now() };
        let audit = self.entry("sender.add", &sender.mailbox, format!("account {}", account.name));
        self.store.senders().add(sender.clone(), audit).await?;
        Ok(sender)
    }

    /// Takes an address from an account.
    ///
    /// # Errors
    /// When the account does not have it, or nothing can be stored.
    pub async fn remove_sender(&self, account: &str, mailbox: &str) -> Result<(), Fault> {
        let account = self.account_to_change(account)?;
        let directory = self.store.directory();
        let address = mailbox.trim().parse().map_err(|error| Invalid::new("address", error))?;
        let sender = directory
            .sender(account.id, &address)
            .ok_or_else(|| StoreError::Missing(format!("sender {mailbox}")))?;
        let audit = self.entry("sender.remove", &sender.mailbox, format!("account {}", account.name));
        Ok(self.store.senders().remove(sender, audit).await?)
    }
}
