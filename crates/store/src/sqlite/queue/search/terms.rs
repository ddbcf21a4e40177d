//! Terms: what a message is found by, as numbers. Equal texts have equal terms on every machine and in every version,
//! because terms are stored. Different texts may share a term, so that what a term leads to is compared with its rows.

use azure_types::ids::OperationId;
use model::id::{AccountId, QueueId};
use model::operation;
use model::queued::QueuedMessage;
use model::search::{AddressPattern, Search, bare_message_id};

use crate::sqlite::columns;

/// A hashed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term(pub(super) i64);

/// The terms of a message, each once.
#[derive(Debug, Default)]
pub(super) struct Terms(Vec<Term>);

/// What a text is, so that a sender is not found as a recipient. The numbers are stored as part of terms.
#[derive(Clone, Copy)]
enum Field {
    Account = 1,
    Login = 2,
    Recipient = 3,
    RecipientDomain = 4,
    Sender = 5,
    SenderDomain = 6,
    MessageId = 7,
    Operation = 8,
}

impl Terms {
    /// The terms of a message that is being entered.
    pub(super) fn of(message: &QueuedMessage) -> Self {
        let mut terms = Self::default();
        terms.account(message.account);
        terms.login(columns::from_origin(&message.origin).1);
        terms.sender(&message.header.from);
        if let Some(mailbox) = message.reverse_path.mailbox() {
            terms.sender(&mailbox.to_string());
        }
        terms.message_id(&message.header.message_id);
        for send in &message.sends {
            terms.operation(message.id, send.operation);
            for recipient in &send.recipients {
                terms.recipient(&recipient.mailbox.to_string());
            }
        }
        terms
    }

    pub(super) fn account(&mut self, account: AccountId) {
        self.0.push(of_account(account));
    }

    pub(super) fn login(&mut self, login: &str) {
        self.add(Field::Login, login);
    }

    pub(super) fn sender(&mut self, address: &str) {
        self.add(Field::Sender, address);
        self.add(Field::SenderDomain, domain(address));
    }

    pub(super) fn recipient(&mut self, address: &str) {
        self.add(Field::Recipient, address);
        self.add(Field::RecipientDomain, domain(address));
    }

    pub(super) fn message_id(&mut self, message_id: &str) {
        let bare = bare_message_id(message_id);
        if !bare.is_empty() {
            self.0.push(exact(Field::MessageId, bare));
        }
    }

    /// Ids that lead back to their message need no term.
    pub(super) fn operation(&mut self, message: QueueId, id: OperationId) {
        if !operation::candidates(id).contains(&message) {
            self.0.push(of_operation(id));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Term> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }

    fn add(&mut self, field: Field, text: &str) {
        if !text.is_empty() {
            self.0.push(folded(field, text));
        }
    }
}

/// The terms that every message of a search has, those of the fewest messages first. The accounts of the search and its
/// operation id are not among them.
pub(super) fn of_search(search: &Search) -> Vec<Term> {
    let mut terms = Vec::new();
    if let Some(message_id) = &search.message_id {
        terms.push(exact(Field::MessageId, bare_message_id(message_id)));
    }
    let (address, domain) = (Field::Recipient, Field::RecipientDomain);
    terms.extend(search.recipient.as_ref().map(|pattern| of_pattern(pattern, address, domain)));
    let (address, domain) = (Field::Sender, Field::SenderDomain);
    terms.extend(search.sender.as_ref().map(|pattern| of_pattern(pattern, address, domain)));
    terms.extend(search.login.as_ref().map(|login| folded(Field::Login, login)));
    terms
}

pub(super) fn of_account(account: AccountId) -> Term {
    hash(Field::Account, account.to_bytes())
}

pub(super) fn of_operation(id: OperationId) -> Term {
    hash(Field::Operation, id.guid().into_bytes())
}

fn of_pattern(pattern: &AddressPattern, address: Field, domain: Field) -> Term {
    match pattern {
        AddressPattern::Address(text) => folded(address, text),
        AddressPattern::Domain(text) => folded(domain, text),
    }
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

fn folded(field: Field, text: &str) -> Term {
    if text.is_ascii() {
        hash(field, text.bytes().map(|byte| byte.to_ascii_lowercase()))
    } else {
        hash(field, model::search::folded(text).into_bytes())
    }
}

fn exact(field: Field, text: &str) -> Term {
    hash(field, text.bytes())
}

/// FNV-1a of 64 bits over the field's number and the bytes
/// (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>).
fn hash(field: Field, bytes: impl IntoIterator<Item = u8>) -> Term {
    let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = bytes.into_iter().fold(add(0xcbf2_9ce4_8422_2325, field as u8), add);
    Term(i64::from_le_bytes(hash.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Terms are stored: another value here makes messages of before unfindable.
    #[test]
    fn terms_stay_what_they_are() {
        let search = Search {
            recipient: Some("Ada@Example.com".parse().unwrap()),
            sender: Some("*@ÜBER.example".parse().unwrap()),
            login: Some("Scanner1".to_owned()),
            message_id: Some("<Aa@x>".to_owned()),
            ..Search::default()
        };
        let terms: Vec<i64> = of_search(&search).into_iter().map(|term| term.0).collect();
        let expected = [
            1_652_237_542_971_637_524,
            7_827_859_710_656_435_179,
            -8_382_716_409_714_368_281,
            3_045_627_637_591_238_844,
        ];
        assert_eq!(terms, expected);
    }

    #[test]
    fn a_message_has_the_terms_of_the_searches_that_find_it() {
        let mut terms = Terms::default();
        terms.recipient("ada@EXAMPLE.com");
        terms.recipient("grace@example.com");
        terms.sender("Printer@contoso.example");
        terms.sender("");
        terms.login("");
        terms.message_id("<1@x>");
        let terms = terms.finish();
        assert_eq!(terms.len(), 6, "each once: {terms:?}");
        let search = Search {
            recipient: Some("*@example.com".parse().unwrap()),
            sender: Some("printer@contoso.example".parse().unwrap()),
            message_id: Some("1@x".to_owned()),
            ..Search::default()
        };
        let wanted = of_search(&search);
        assert!(wanted.len() == 3 && wanted.iter().all(|term| terms.contains(term)), "{wanted:?} {terms:?}");
        let swapped = Search { sender: search.recipient, recipient: search.sender, ..Search::default() };
        assert!(of_search(&swapped).iter().all(|term| !terms.contains(term)));
    }

    #[test]
    fn an_operation_id_of_an_older_build_has_a_term_and_another_has_none() {
        let id = QueueId::from_bytes([7; 16]);
        let mut terms = Terms::default();
        terms.operation(id, operation::for_message(id, [1; 10]));
        assert_eq!(terms.0, []);
        let older = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        terms.operation(id, older);
        assert_eq!(terms.0, [of_operation(older)]);
    }
}
