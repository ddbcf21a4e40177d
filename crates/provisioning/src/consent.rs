//! Consent: which values that others wrote a plan would change, the id that an approval names, and whether an approval
//! covers what would be written now. Looking at a plan agrees to nothing.

use api::infrastructure::plan::{PlanView, RecordChange, StepView};
use aws_lc_rs::digest::{SHA256, digest};
use dns::change::{Blocked, Change, Held};
use dns::record::Record;
use dns::required::Required;
use model::fault::Fault;
use model::id::AccountId;
use model::infrastructure::{ApprovedStep, ForeignChange};

use super::clean;

/// What is agreed to, by the id of the plan that was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplyRequest {
    /// The id of the plan.
    pub plan: String,
    /// The targets that it was made for.
    pub targets: Vec<String>,
    /// Where it leads.
    pub aim: Aim,
}

/// Where a plan leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// To the desired state.
    #[default]
    Desired,
    /// To nothing that was made here being left.
    Destroyed,
}

/// Bytes of the digest that make the id, as hexadecimal digits twice as many.
const ID_BYTES: usize = 12;

/// Why an approved plan is not carried out.
#[derive(Debug)]
pub enum ApplyError {
    /// The plan is not the one that was approved; this one would be made now.
    PlanChanged(Box<PlanView>),
    /// It cannot be made, or its approval cannot be stored.
    Fault(Fault),
}

impl std::fmt::Display for ApplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PlanChanged(_) => f.write_str(
                "the plan is not the one that was approved: Azure, DNS or the desired state has changed since. Review the \
                 new plan",
            ),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl<T: Into<Fault>> From<T> for ApplyError {
    fn from(error: T) -> Self {
        Self::Fault(error.into())
    }
}

/// A change, as people and programs see it.
pub(super) fn change_view(change: &ForeignChange) -> RecordChange {
    RecordChange {
        name: clean(&change.name),
        kind: change.kind.clone(),
        old: change.old.iter().map(|old| clean(old)).collect(),
        new: change.new.as_deref().map(clean),
    }
}

/// The id of a plan: the same steps, calls and changes of values of others have the same one.
pub(super) fn plan_id(account: AccountId, steps: &[StepView], changes: &[ApprovedStep]) -> String {
    let steps: Vec<_> = steps.iter().map(|step| (&step.key, &step.message, &step.calls)).collect();
    let change = |one: &ForeignChange| (one.name.clone(), one.kind.clone(), one.old.clone(), one.new.clone());
    let changes: Vec<_> =
        changes.iter().map(|step| (&step.key, step.changes.iter().map(change).collect::<Vec<_>>())).collect();
    let facts = serde_json::to_vec(&(account.to_string(), steps, changes)).unwrap_or_default();
    let digest = digest(&SHA256, &facts);
    digest.as_ref().iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// What would be written where somebody agrees to it: several SPF records of others become one.
pub(super) fn proposed(
    required: &Required,
    held: &[Held],
    is_ours: &dyn Fn(&Held) -> bool,
) -> (Vec<Change>, Vec<Blocked>) {
    let may_change = |held: &Held| is_ours(held) || held.record.text().is_some_and(dns::spf::is_spf);
    // The first one is replaced, and comes back when the change is taken back: preferably one of others.
    let mut held = held.to_vec();
    held.sort_by_key(|one| is_ours(one));
    dns::change::changes(required, &held, &may_change)
}

/// Which of the changes touch values that others wrote.
pub(super) fn foreign(changes: &[Change], is_ours: &dyn Fn(&Held) -> bool) -> Vec<ForeignChange> {
    let mut found: Vec<ForeignChange> = Vec::new();
    for change in changes {
        let Some(held) = change.gone().filter(|held| !is_ours(held)) else { continue };
        let (name, kind) = (held.record.name.clone(), held.record.kind().to_owned());
        let new = becomes(change, changes).map(|record| record.value().to_owned());
        let old = held.record.value().to_owned();
        match found.iter_mut().find(|one| (&one.name, &one.kind, &one.new) == (&name, &kind, &new)) {
            Some(there) => {
                there.old.push(old);
                there.old.sort_unstable();
            }
            None => found.push(ForeignChange { name, kind, old: vec![old], new }),
        }
    }
    found.sort_unstable();
    found
}

/// What the record that is gone becomes: an SPF record that is taken out is part of the one that stays.
fn becomes<'a>(change: &'a Change, changes: &'a [Change]) -> Option<&'a Record> {
    let Change::Delete(held) = change else { return change.new_record() };
    let is_spf = |record: &Record| record.text().is_some_and(dns::spf::is_spf);
    let replaced = changes.iter().filter(|other| matches!(other, Change::Replace { .. }));
    let mut new = replaced.filter_map(Change::new_record);
    new.find(|record| record.name == held.record.name && is_spf(record) && is_spf(&held.record))
}

/// What nobody approved of these changes, in a sentence.
pub(super) fn unapproved(changes: &[ForeignChange], approved: &[ForeignChange]) -> Option<String> {
    let missing: Vec<String> = changes.iter().filter(|change| !approved.contains(change)).map(told).collect();
    (!missing.is_empty()).then(|| format!("awaiting approval: {}", missing.join("; ")))
}

/// A change, for people.
pub(super) fn told(change: &ForeignChange) -> String {
    let ForeignChange { name, kind, old, new } = change;
    let old: Vec<String> = old.iter().map(|old| format!("\"{old}\"")).collect();
    let old = old.join(" and ");
    match new {
        Some(new) => format!("{kind} {name}, which others wrote, would change from {old} to \"{new}\""),
        None => format!("{kind} {name}, which others wrote, would lose {old}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> Held {
        let record = Record::txt("contoso.example", text, 60);
        Held { id: String::new(), record, is_proxied: false, comment: None }
    }

    fn replace(old: &str, new: &str) -> Change {
        let by = Record::txt("contoso.example", new, 60);
        Change::Replace { held: held(old), by, why: String::new() }
    }

    #[test]
    fn several_records_that_become_one_are_one_change() {
        let changes = [
            Change::Create(Record::txt("contoso.example", "ms-domain-verification=1", 60)),
            replace("v=spf1 mx ~all", "v=spf1 a mx -all"),
            Change::Delete(held("v=spf1 a ~all")),
        ];
        let [change] = &foreign(&changes, &|_| false)[..] else { panic!("one change") };
        assert_eq!(change.old, ["v=spf1 a ~all", "v=spf1 mx ~all"]);
        assert_eq!(change.new.as_deref(), Some("v=spf1 a mx -all"));
        assert!(foreign(&changes, &|_| true).is_empty(), "what is ours is nobody's business");
    }

    #[test]
    fn an_approval_holds_for_exactly_what_was_there() {
        let approved = foreign(&[replace("v=spf1 mx ~all", "new")], &|_| false);
        assert_eq!(unapproved(&approved, &approved), None);
        for (old, new) in [("v=spf1 mx -all", "new"), ("v=spf1 mx ~all", "newer")] {
            let now = foreign(&[replace(old, new)], &|_| false);
            let why = unapproved(&now, &approved).unwrap();
            assert!(
                why.starts_with("awaiting approval: ") && why.contains(old) && why.contains(new),
                "{why}"
            );
        }
    }

    #[test]
    fn the_id_of_a_plan_is_that_of_its_steps_and_of_each_value_that_it_changes() {
        let account = AccountId::from_bytes([1; 16]);
        let step = |key: &str| StepView { key: key.to_owned(), ..StepView::default() };
        let changes = |old: &str, new: &str| {
            let changes = foreign(&[replace(old, new)], &|_| false);
            vec![ApprovedStep { key: "dns/contoso.example".to_owned(), changes }]
        };
        let id = plan_id(account, &[step("a"), step("b")], &changes("old", "new"));
        assert_eq!(id, plan_id(account, &[step("a"), step("b")], &changes("old", "new")));
        assert_eq!(id.len(), 2 * ID_BYTES);
        for other in [
            plan_id(AccountId::from_bytes([2; 16]), &[step("a"), step("b")], &changes("old", "new")),
            plan_id(account, &[step("a")], &changes("old", "new")),
            plan_id(account, &[step("a"), step("b")], &changes("older", "new")),
            plan_id(account, &[step("a"), step("b")], &changes("old", "newer")),
            plan_id(account, &[step("a"), step("b")], &[]),
        ] {
            assert_ne!(id, other);
        }
    }
}
