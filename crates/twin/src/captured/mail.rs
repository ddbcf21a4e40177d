//! A captured mail: as it came, and as it would be read.

use azure_types::email::{EmailAddress, EmailMessage, is_allowed_attachment};
use azure_types::error::ErrorDetail;
use azure_types::ids::OperationId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use message::parts::{Attachment, Parts};
use serde::{Deserialize, Serialize};
use smtp::parameters::{Body, MailParameters};

use super::DeliveryStatus;
use crate::state::Behaviour;

/// A mail that the twin took and would have sent on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CapturedMail {
    /// Counted from 1.
    pub number: u64,
    /// Its id at the Email API; by SMTP the twin chose it.
    pub operation: OperationId,
    /// When it came.
    pub at: Timestamp,
    pub path: Path,
    /// The service that it came through.
    pub service: String,
    /// Who sent it.
    pub sender: String,
    /// The name beside the sender.
    pub sender_name: Option<String>,
    /// MAIL FROM, by SMTP.
    pub reverse_path: Option<String>,
    /// What else was said by SMTP.
    #[serde(default)]
    pub smtp: Option<SmtpFacts>,
    /// The Message-ID that recipients see. By REST Azure makes one where none was given, or none that can be used.
    #[serde(default)]
    pub internet_message_id: Option<String>,
    /// To whom, and what becomes of each.
    pub recipients: Vec<CapturedRecipient>,
    /// What came: a message by SMTP, a JSON document by REST.
    #[serde(with = "in_base64")]
    pub raw: Vec<u8>,
}

/// What a client said by SMTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpFacts {
    /// The login's name.
    pub login: String,
    /// BODY: `7BIT`, `8BITMIME` or `BINARYMIME`; `7BIT` also when nothing was said.
    pub body: String,
    /// Whether SMTPUTF8 was said.
    pub smtputf8: bool,
    /// SIZE, in bytes.
    pub declared_bytes: Option<u64>,
    /// Whether the message came by BDAT.
    pub by_chunks: bool,
}

/// Which way a mail came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// The Email API.
    Rest,
    Smtp,
}

/// A recipient of a captured message, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CapturedRecipient {
    pub address: String,
    /// Where it stood.
    pub field: Field,
    /// What becomes of it.
    pub outcome: DeliveryStatus,
    /// When that was clear.
    pub decided_at: Timestamp,
}

/// Where a recipient stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    To,
    Cc,
    Bcc,
    /// RCPT TO: only the message's header knows.
    Envelope,
}

/// `slow@` takes this long.
const DELAY: SignedDuration = SignedDuration::from_mins(10);

impl CapturedRecipient {
    /// A recipient whose fate follows from its address.
    #[must_use]
    pub fn new(address: &str, field: Field, at: Timestamp) -> Self {
        let outcome = DeliveryStatus::of(address);
        let delay = if outcome == DeliveryStatus::Delayed { DELAY } else { SignedDuration::ZERO };
        let decided_at = clock::after(at, delay);
        Self { address: address.to_owned(), field, outcome, decided_at }
    }

    /// The same recipient, whom nothing is sent to.
    #[must_use]
    pub fn suppressed(self, at: Timestamp) -> Self {
        Self { outcome: DeliveryStatus::Suppressed, decided_at: at, ..self }
    }
}

impl SmtpFacts {
    /// Keeps what MAIL said.
    #[must_use]
    pub fn new(login: String, parameters: &MailParameters) -> Self {
        let body = match parameters.body {
            Body::SevenBit => "7BIT",
            Body::EightBitMime => "8BITMIME",
            Body::BinaryMime => "BINARYMIME",
        };
        Self {
            login,
            body: body.to_owned(),
            smtputf8: parameters.smtputf8,
            declared_bytes: parameters.size_octets,
            by_chunks: true,
        }
    }
}

impl CapturedMail {
    /// Why the whole mail was dropped, if it was.
    #[must_use]
    pub fn dropped(&self, behaviour: &Behaviour) -> Option<ErrorDetail> {
        let all = |wanted: &[DeliveryStatus]| {
            self.recipients.iter().all(|recipient| wanted.contains(&recipient.outcome))
        };
        let (code, message) = if all(&[DeliveryStatus::Suppressed]) {
            ("EmailDroppedAllRecipientsSuppressed", "Message dropped because all recipients were suppressed")
        } else if behaviour.bounces_fail_the_operation
            && all(&[DeliveryStatus::Bounced, DeliveryStatus::Failed])
        {
            ("EmailDropped", "Email was dropped after several attempts to deliver.")
        } else {
            return None;
        };
        Some(ErrorDetail { code: code.to_owned(), message: message.to_owned(), ..ErrorDetail::default() })
    }

    /// The mail as subject, texts and files, whichever way it came.
    #[must_use]
    pub fn parts(&self) -> Parts {
        match self.path {
            Path::Smtp => message::parts::read(&self.raw),
            Path::Rest => serde_json::from_slice(&self.raw).map(from_json).unwrap_or_default(),
        }
    }

    /// Message-ID, as recipients see it.
    #[must_use]
    pub fn message_id(&self) -> Option<String> {
        if self.internet_message_id.is_some() {
            return self.internet_message_id.clone();
        }
        let parts = self.parts();
        parts.headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("Message-ID")).map(|(_, id)| id)
    }
}

/// Header by which a sender has files dropped whose type is not allowed.
pub(crate) const SUPPRESS_INVALID_ATTACHMENT: &str = "x-ms-acsemail-suppress-invalid-attachment";

/// Whether one of Azure's switches among the headers says `true`.
pub(crate) fn is_switched_on(message: &EmailMessage, name: &str) -> bool {
    let value = message.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    value.is_some_and(|(_, value)| value.trim().eq_ignore_ascii_case("true"))
}

fn from_json(message: EmailMessage) -> Parts {
    let address = |address: EmailAddress| message::address::Address {
        name: address.display_name,
        address: address.address,
    };
    let list = |addresses: Vec<EmailAddress>| message::address::AddressList {
        addresses: addresses.into_iter().map(address).collect(),
        has_groups: false,
    };
    let drops_files = is_switched_on(&message, SUPPRESS_INVALID_ATTACHMENT);
    let attachments = message
        .attachments
        .into_iter()
        .filter(|file| !drops_files || is_allowed_attachment(&file.content_type))
        .map(|file| Attachment {
            name: file.name,
            content_type: file.content_type,
            content: STANDARD.decode(&file.content_in_base64).unwrap_or_default(),
            content_id: file.content_id,
        })
        .collect();
    Parts {
        from: Some(message::address::Address { name: None, address: message.sender_address }),
        to: list(message.recipients.to),
        cc: list(message.recipients.cc),
        reply_to: message.reply_to.into_iter().map(address).collect(),
        subject: message.content.subject,
        date: None,
        text: message.content.plain_text,
        html: message.content.html,
        attachments,
        headers: message.headers.into_iter().collect(),
        losses: Vec::new(),
    }
}

mod in_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
