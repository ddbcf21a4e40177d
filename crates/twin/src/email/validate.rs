//! What a message must be before it is taken.

use std::collections::HashSet;

use axum::http::StatusCode;
use azure_types::email::{EmailAddress, EmailMessage, MAX_RECIPIENTS, is_allowed_attachment};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use smtp::address::Mailbox;

use crate::captured::{ChosenReply, DeliveryStatus, SUPPRESS_INVALID_ATTACHMENT, is_switched_on};
use crate::error_reply::ErrorReply;
use crate::state::{Domain, EmailBehaviour, Service, State};

/// What is wrong with a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SenderProblem {
    /// Its domain is not linked to the service, or does not exist.
    DomainNotLinked,
    /// The domain does not know the username.
    UnknownUsername(String),
}

/// Finds the domain that an address may send from through one of `services`, and that service.
pub(crate) fn check_sender<'w, 's>(
    state: &'w State,
    services: impl IntoIterator<Item = &'s Service>,
    sender: &Mailbox,
) -> Result<(&'w Domain, &'s Service), SenderProblem> {
    let name = sender.domain().as_str();
    let services: Vec<&Service> = services.into_iter().collect();
    let found = state
        .domains
        .iter()
        .filter(|domain| domain.name.eq_ignore_ascii_case(name) && domain.verification.is_enough())
        .find_map(|domain| Some((domain, *services.iter().find(|service| service.links(domain))?)));
    let Some((domain, service)) = found else { return Err(SenderProblem::DomainNotLinked) };
    if !domain.has_sender(sender.local_part().as_str()) {
        return Err(SenderProblem::UnknownUsername(sender.local_part().to_string()));
    }
    Ok((domain, service))
}

impl From<SenderProblem> for ErrorReply {
    fn from(problem: SenderProblem) -> Self {
        match problem {
            SenderProblem::DomainNotLinked => Self::new(
                StatusCode::NOT_FOUND,
                "DomainNotLinked",
                "The specified sender domain has not been linked.",
            ),
            SenderProblem::UnknownUsername(name) => Self::bad_request(
                "InvalidSenderUserName",
                format!(
                    "Invalid email sender username: '{name}'. Please use a username from the list of valid \
                     usernames configured by your admin."
                ),
            ),
        }
    }
}

/// The one version that takes mail to nobody but cc and bcc.
const WITHOUT_TO: &str = "2021-10-01-preview";

/// Refuses an address that is none.
pub(super) fn invalid_address(address: &str) -> ErrorReply {
    ErrorReply::bad_request("BadRequest", format!("Invalid format for email address: '{address}'"))
}

/// Checks everything but the sender, for a request of that api-version.
pub(super) fn check_message(
    message: &EmailMessage,
    version: &str,
    behaviour: &EmailBehaviour,
) -> Result<(), ErrorReply> {
    let bad = |text: String| ErrorReply::bad_request("BadRequest", text);
    let content = &message.content;
    if content.plain_text.as_deref().unwrap_or_default().is_empty()
        && content.html.as_deref().unwrap_or_default().is_empty()
    {
        return Err(bad("Either content.plainText or content.html is required.".to_owned()));
    }
    let recipients = message.recipients.all().count();
    let may_lack_to = behaviour.takes_mail_without_to || version == WITHOUT_TO;
    if recipients == 0 || (message.recipients.to.is_empty() && !may_lack_to) {
        let text = "recipients.to must have at least one recipient.".to_owned();
        return Err(bad(text).target("recipients.to".to_owned()));
    }
    if recipients > MAX_RECIPIENTS {
        let text = format!("The message has {recipients} recipients; {MAX_RECIPIENTS} are allowed.");
        return Err(ErrorReply::bad_request("TooManyRecipients", text));
    }
    message.recipients.all().chain(&message.reply_to).try_for_each(check_address)?;
    check_attachments(message)
}

/// An address must be one, and may want to be refused.
fn check_address(address: &EmailAddress) -> Result<(), ErrorReply> {
    let address = &address.address;
    if address.parse::<Mailbox>().is_err() || DeliveryStatus::of(address) == DeliveryStatus::Refused {
        return Err(invalid_address(address));
    }
    match ChosenReply::of(address) {
        None => Ok(()),
        Some(chosen) if chosen.is_temporary() => {
            let text = format!("The recipient '{address}' wants this reply.");
            Err(ErrorReply::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", text))
        }
        Some(_) => Err(invalid_address(address)),
    }
}

fn check_attachments(message: &EmailMessage) -> Result<(), ErrorReply> {
    let bad = |text: String| ErrorReply::bad_request("BadRequest", text);
    let ignores_types = is_switched_on(message, SUPPRESS_INVALID_ATTACHMENT);
    let ignores_ids = is_switched_on(message, "x-ms-acsemail-ignore-duplicate-content-id");
    let mut ids = HashSet::new();
    for attachment in &message.attachments {
        if STANDARD.decode(&attachment.content_in_base64).is_err() {
            return Err(bad(format!("The content of attachment '{}' is not base64.", attachment.name)));
        }
        if !ignores_types && !is_allowed_attachment(&attachment.content_type) {
            let text = format!("The attachment type '{}' is not allowed.", attachment.content_type);
            return Err(bad(text));
        }
        if let Some(id) = &attachment.content_id
            && !ids.insert(id)
            && !ignores_ids
        {
            return Err(bad(format!("The contentId '{id}' is used more than once.")));
        }
    }
    Ok(())
}
