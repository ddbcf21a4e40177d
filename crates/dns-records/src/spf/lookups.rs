//! What an SPF record costs: receivers make ten look-ups and no more (RFC 7208 section 4.6.4).

use std::collections::BTreeMap;

use super::{Mechanism, Spf, Term};

/// Beyond so many look-ups the record is an error.
pub const MOST_LOOKUPS: usize = 10;
/// Beyond so many look-ups that find nothing the record is an error.
pub const MOST_VOIDS: usize = 2;
/// Here counting ends: the record is bad, by how much does not matter.
const ENOUGH: usize = 40;

/// Something that a receiver looks up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// The SPF record at a name.
    Record(String),
    /// The addresses of a name.
    Address(String),
    /// The mail servers of a name.
    Mail(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The name has one SPF record.
    Record(String),
    /// The name has other texts, or several SPF records: including it is an error (RFC 7208 section 5.2).
    NoRecord,
    /// What was looked for is there.
    Found,
    /// There is nothing: a void look-up.
    Nothing,
}

/// What was looked up so far.
pub type Seen = BTreeMap<Question, Reply>;

/// What a record costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Look-ups in the worst case; at least so many if something is `unseen`.
    pub lookups: usize,
    /// Look-ups that find nothing. A name counts as often as it is looked up.
    pub void_lookups: usize,
    /// The names of those, each once.
    pub voids: Vec<String>,
    /// Names that are included and have no SPF record, or several, or one that is not understood.
    pub broken: Vec<String>,
    /// What nobody has looked up yet.
    pub unseen: Vec<Question>,
}

/// Counts what the record of a domain costs, with all that it includes.
#[must_use]
pub fn lookups(domain: &str, record: &Spf, seen: &Seen) -> Cost {
    let mut cost = Cost::default();
    count(domain, record, seen, &mut cost);
    for list in [&mut cost.voids, &mut cost.broken] {
        list.sort_unstable();
        list.dedup();
    }
    cost.unseen.sort_unstable();
    cost.unseen.dedup();
    cost
}

fn count(domain: &str, record: &Spf, seen: &Seen, cost: &mut Cost) {
    // Receivers ignore what follows `all`.
    let live = record.terms.iter().take_while(|term| !term.is_all());
    for term in live.filter(|term| term.redirect().is_none()) {
        let Some(question) = question(domain, term) else { continue };
        cost.lookups += 1;
        follow(question, seen, cost);
    }
    if let Some(target) = record.redirect() {
        cost.lookups += 1;
        follow(Some(Question::Record(target.to_owned())), seen, cost);
    }
}

/// What a term makes receivers look up. `Some(None)`: something that depends on the message.
fn question(domain: &str, term: &Term) -> Option<Option<Question>> {
    let or_domain = |name: &Option<String>| name.clone().unwrap_or_else(|| domain.to_owned());
    let question = match term.mechanism()? {
        Mechanism::All | Mechanism::Ip(_) => return None,
        Mechanism::Include(name) => Question::Record(name.clone()),
        Mechanism::A(name) => Question::Address(or_domain(name)),
        Mechanism::Mx(name) => Question::Mail(or_domain(name)),
        Mechanism::Exists(name) => Question::Address(name.clone()),
        Mechanism::Ptr(_) => return Some(None),
    };
    Some(Some(question))
}

fn follow(question: Option<Question>, seen: &Seen, cost: &mut Cost) {
    let Some(question) = question.filter(|question| !question.name().contains('%')) else { return };
    // Records may include each other in a ring.
    if cost.lookups > ENOUGH {
        return;
    }
    let name = question.name().to_owned();
    match (seen.get(&question), &question) {
        (None, _) => cost.unseen.push(question),
        (Some(Reply::Record(text)), Question::Record(_)) => match Spf::read(text) {
            Ok(record) => count(&name, &record, seen, cost),
            Err(_) => cost.broken.push(name),
        },
        (Some(Reply::Nothing), Question::Record(_)) => {
            cost.void_lookups += 1;
            cost.voids.push(name.clone());
            cost.broken.push(name);
        }
        (Some(_), Question::Record(_)) => cost.broken.push(name),
        (Some(Reply::Nothing), _) => {
            cost.void_lookups += 1;
            cost.voids.push(name);
        }
        (Some(_), _) => {}
    }
}

impl Question {
    /// The name that is asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Record(name) | Self::Address(name) | Self::Mail(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(text: &str) -> Cost {
        let record =
            |name: &str, text: &str| (Question::Record(name.to_owned()), Reply::Record(text.to_owned()));
        let seen = Seen::from([
            record("one.example", "v=spf1 include:two.example a:host.example -all"),
            record("two.example", "v=spf1 ip4:192.0.2.1 exists:%{i}.example -all"),
            record("ring.example", "v=spf1 include:ring.example -all"),
            record("bad.example", "v=spf1 ipv4:192.0.2.1 -all"),
            (Question::Record("void.example".to_owned()), Reply::Nothing),
            (Question::Address("host.example".to_owned()), Reply::Found),
            (Question::Mail("example.com".to_owned()), Reply::Nothing),
        ]);
        lookups("example.com", &Spf::read(text).unwrap(), &seen)
    }

    #[test]
    fn lookups_are_counted_with_all_that_is_included() {
        assert_eq!(cost("v=spf1 ip4:192.0.2.1 -all").lookups, 0);
        assert_eq!(cost("v=spf1 include:one.example -all").lookups, 4);
        assert_eq!(cost("v=spf1 redirect=one.example").lookups, 4);
        assert_eq!(cost("v=spf1 -all include:one.example").lookups, 0);
        assert_eq!(cost("v=spf1 include:one.example include:one.example ptr -all").lookups, 9);
    }

    #[test]
    fn what_is_missing_or_bad_is_told() {
        let cost_of_mx = cost("v=spf1 mx include:void.example include:bad.example -all");
        assert_eq!(cost_of_mx.voids, ["example.com", "void.example"]);
        assert_eq!(cost_of_mx.broken, ["bad.example", "void.example"]);
        let thrice = cost("v=spf1 mx mx/24 mx:example.com -all");
        assert_eq!((thrice.void_lookups, thrice.voids.len()), (3, 1));
        assert_eq!(cost("v=spf1 a -all").unseen, [Question::Address("example.com".to_owned())]);
        assert!(cost("v=spf1 include:ring.example -all").lookups > MOST_LOOKUPS);
    }
}
