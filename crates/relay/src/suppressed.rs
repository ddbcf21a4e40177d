//! Whether mail may go to an address: the suppression list, asked when a recipient is named and once more before a send.

use model::suppression::{Outgoing, Suppression};
use smtp::address::Mailbox;
use store::{Store, StoreError};

/// The entry that keeps a message from an address, of several the one with the strongest reason. An address that no
/// entry has costs a look into memory.
///
/// # Errors
/// When there may be an entry and the database cannot be read.
pub(crate) async fn holding(
    store: &Store,
    address: &Mailbox,
    mail: Outgoing<'_>,
) -> Result<Option<Suppression>, StoreError> {
    let entries = store.suppressions().of(address).await?;
    let holding = entries.into_iter().map(|one| one.suppression).filter(|one| one.holds_for(mail));
    Ok(holding.max_by_key(|one| one.reason))
}
