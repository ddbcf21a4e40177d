//! Azure's rules about a message: whose it may be, how many there may be, what is kept of it.

use azure_types::ids::{OperationId, SubscriptionId};
use jiff::Timestamp;
use message::address::AddressList;
use message::header::{self, Field};
use smtp::address::Mailbox;
use smtp::reply::Refusal;

use super::Transaction;
use crate::backend::Backend;
use crate::captured::{self, Captured, CapturedMail, Fate, Kind, Path};
use crate::email::{SenderProblem, check_sender};
use crate::events;
use crate::keys::random_guid;
use crate::state::{Behaviour, Domain, Management, Service, State};

/// Whether mail may come from that address through the service.
pub(super) fn check<'w>(
    state: &'w State,
    service: &Service,
    sender: Option<&Mailbox>,
) -> Result<&'w Domain, Refusal> {
    let replies = &state.behaviour.smtp.replies;
    let sender = sender.ok_or_else(|| replies.not_linked.refusal())?;
    match check_sender(state, [service], sender) {
        Ok((domain, _)) => Ok(domain),
        Err(SenderProblem::DomainNotLinked) => Err(replies.not_linked.refusal()),
        Err(SenderProblem::UnknownUsername(_)) => Err(replies.unknown_username.refusal()),
    }
}

/// Refuses a client that has used up its limit, without counting.
pub(super) fn look(backend: &Backend, transaction: &Transaction) -> Result<(), Refusal> {
    let state = backend.state();
    let sender = transaction.reverse_path.mailbox();
    let domain = sender.and_then(|sender| check(&state, &transaction.service, Some(sender)).ok());
    let management = domain.map_or(Management::CustomerManaged, |domain| domain.management);
    let counted = (transaction.service.subscription, kind(&state.behaviour));
    let limits = state.limits(counted.0, management);
    let (now, behaviour) = (backend.now(), &state.behaviour);
    let mut captured = backend.captured();
    if captured.is_slowed(counted.0, now) || !captured.has_room(counted, limits, now, behaviour) {
        return Err(too_fast(&mut captured, counted.0, now, behaviour));
    }
    Ok(())
}

fn count(backend: &Backend, state: &State, service: &Service, domain: &Domain) -> Result<(), Refusal> {
    let (now, behaviour, subscription) = (backend.now(), &state.behaviour, service.subscription);
    let limits = state.limits(subscription, domain.management);
    let mut captured = backend.captured();
    if captured.is_slowed(subscription, now)
        || captured.count((subscription, kind(behaviour)), limits, now, behaviour).is_err()
    {
        return Err(too_fast(&mut captured, subscription, now, behaviour));
    }
    Ok(())
}

/// The refusal, and the time for which nothing else is said.
fn too_fast(
    captured: &mut Captured,
    subscription: SubscriptionId,
    now: Timestamp,
    behaviour: &Behaviour,
) -> Refusal {
    captured.slow(subscription, now, behaviour.smtp.rate_seconds);
    behaviour.smtp.replies.too_fast.refusal()
}

/// Takes a whole message, or says why not.
pub(super) fn take(backend: &Backend, transaction: &mut Transaction) -> Result<OperationId, Refusal> {
    let Transaction { service, reverse_path, recipients, facts, message, .. } = transaction;
    let now = backend.now();
    let author = author(message);
    let (sender, name, recipients) = {
        let state = backend.state();
        if message.len() > state.behaviour.max_request_bytes {
            return Err(state.behaviour.smtp.replies.too_large.refusal());
        }
        let domain = check(&state, service, author.as_ref())?;
        count(backend, &state, service, domain)?;
        let username = author.as_ref().map_or("", |author| author.local_part().as_str());
        let captured = backend.captured();
        let fate = Fate { domain, username, captured: &captured, behaviour: &state.behaviour, now };
        let recipients = recipients
            .iter()
            .map(|recipient| fate.of(&recipient.to_string(), captured::Field::Envelope))
            .collect();
        (
            author.as_ref().map(Mailbox::to_string),
            domain.display_name(username).map(str::to_owned),
            recipients,
        )
    };
    let operation = OperationId::new(random_guid());
    let kept = backend.keep(CapturedMail {
        number: 0,
        operation,
        at: now,
        path: Path::Smtp,
        service: service.name.clone(),
        sender: sender.unwrap_or_default(),
        sender_name: name,
        reverse_path: Some(reverse_path.to_string()),
        smtp: Some(facts.clone()),
        internet_message_id: field(message, "Message-ID").map(|id| id.body().into_owned()),
        recipients,
        raw: std::mem::take(message),
    });
    if let Some(kept) = kept {
        events::note(backend, &kept);
    }
    Ok(operation)
}

fn kind(behaviour: &Behaviour) -> Kind {
    if behaviour.smtp_shares_quota { Kind::Sends } else { Kind::SmtpSends }
}

/// The header's From: Azure goes by that, not by MAIL FROM. Whatever else is wrong with the header, and where From
/// is no list of addresses, what stands in brackets is taken.
fn author(message: &[u8]) -> Option<Mailbox> {
    let from = field(message, "From")?;
    let listed = AddressList::read(&from).ok().and_then(|list| list.addresses.into_iter().next());
    if let Some(mailbox) = listed.and_then(|first| first.address.parse().ok()) {
        return Some(mailbox);
    }
    let body = from.body();
    let (_, behind) = body.rsplit_once('<')?;
    behind.split_once('>')?.0.trim().parse().ok()
}

fn field<'m>(message: &'m [u8], name: &str) -> Option<Field<'m>> {
    header::fields(header::split(message).0).filter_map(Result::ok).find(|field| field.is(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_author_is_found_in_what_others_would_refuse() {
        for (message, expected) in [
            ("From: a@example.com\r\n\r\n", Some("a@example.com")),
            ("From: M\u{fc}ller, Hans <h@example.com>\r\n\r\n", Some("h@example.com")),
            ("Subject: x\r\n\r\nFrom: a@example.com\r\n", None),
            ("From: root\r\n\r\n", None),
        ] {
            let found = author(message.as_bytes()).map(|mailbox| mailbox.to_string());
            assert_eq!(found.as_deref(), expected, "{message:?}");
        }
    }
}
