//! A send that the Email API refused, asked for in groups to find whom it refuses.

use crate::queued::Recipient;

/// How far such a search is. It is stored before each request, so that a crash neither loses nor doubles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Division {
    /// Groups of recipients that have no answer yet. The first is asked for next.
    pub groups: Vec<Group>,
    /// Recipients that were refused alone.
    pub refused: Vec<RefusedRecipient>,
    /// Whether a group was taken: then the message itself is in order.
    pub is_message_taken: bool,
    /// Whether single recipients are being asked for, to learn whether it is.
    pub is_probing: bool,
}

/// Recipients of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// At least one.
    pub recipients: Vec<Recipient>,
    /// Whether the group before it was the other half of a group that was refused: if that half is taken, one
    /// of these is to blame.
    pub is_other_half: bool,
}

/// A recipient that was refused alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRecipient {
    pub recipient: Recipient,
    /// What Azure said.
    pub words: String,
}

impl Division {
    /// The group that is asked for next.
    #[must_use]
    pub fn next(&self) -> Option<&Group> {
        self.groups.first()
    }

    /// All recipients that nobody has taken yet.
    #[must_use]
    pub fn left(&self) -> Vec<Recipient> {
        let open = self.groups.iter().flat_map(|group| &group.recipients);
        open.chain(self.refused.iter().map(|one| &one.recipient)).cloned().collect()
    }
}
