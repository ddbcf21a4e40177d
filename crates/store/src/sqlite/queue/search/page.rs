//! How much is compared for one page, and where the next one begins.

use jiff::SignedDuration;
use model::id::QueueId;

/// Messages that are compared for one page.
pub(super) const MOST: usize = 5_000;

/// A page that is being filled.
#[derive(Debug, Default)]
pub(in crate::sqlite::queue) struct Page {
    compared: usize,
}

impl Page {
    /// Whether one more may be compared. It counts as compared then.
    pub(in crate::sqlite::queue) fn has_room(&mut self) -> bool {
        self.compared += 1;
        self.compared <= MOST
    }

    /// Where the next page begins: it has everything before that. `id` is the first message that was not compared, `last`
    /// the last one of this page.
    ///
    /// What a page does not show may be of accounts that the caller does not see, so that it ends with a message that it
    /// shows, or with a moment.
    pub(in crate::sqlite::queue) fn end(&self, id: QueueId, last: Option<QueueId>) -> QueueId {
        if let Some(last) = last
            && (self.compared <= MOST || last.made_at() == id.made_at())
        {
            return last;
        }
        let next = id.made_at().saturating_add(SignedDuration::from_millis(1)).unwrap_or(id.made_at());
        QueueId::new(next, [0; 10])
    }
}
