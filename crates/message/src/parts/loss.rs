//! What a message says and its parts cannot.

use std::fmt;

/// Something that would be lost if only the parts were sent. Prints as the end of "because of ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The author's display name. Some carriers know it by other means.
    DisplayName(String),
    /// A header field that names more than the parts can hold, or that is malformed.
    Field(String),
    /// A header field that stands there twice.
    RepeatedField(String),
    /// A named group of recipients.
    Group,
    /// A signature, which any rewording breaks.
    Signed,
    /// Encrypted content.
    Encrypted,
    /// An invitation or its answer.
    Calendar,
    /// A multipart type with a meaning of its own.
    Multipart(String),
    /// An alternative of a type other than plain text and HTML.
    Alternative(String),
    /// An attachment of a type that is a message or otherwise not a file.
    Attachment(String),
    /// More than one text to be shown.
    SeveralTexts,
    /// No text at all.
    NoText,
    /// `format=flowed` (RFC 3676).
    Flowed,
    /// A character set that is unknown, or that the octets do not keep to.
    Charset(String),
    /// A transfer encoding that is unknown, or that the octets do not keep to.
    Encoding(String),
    /// Two parts with the same Content-ID.
    RepeatedContentId(String),
    /// The MIME structure is broken.
    Structure,
    /// There are absurdly many parts.
    TooManyParts,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DisplayName(name) => write!(f, "the author's name {name:?}"),
            Self::Field(name) => write!(f, "the field {name}"),
            Self::RepeatedField(name) => write!(f, "the repeated field {name}"),
            Self::Group => f.write_str("a group of recipients"),
            Self::Signed => f.write_str("a signature"),
            Self::Encrypted => f.write_str("encrypted content"),
            Self::Calendar => f.write_str("a calendar item"),
            Self::Multipart(kind) => write!(f, "the structure {kind}"),
            Self::Alternative(kind) => write!(f, "an alternative of type {kind}"),
            Self::Attachment(kind) => write!(f, "an attachment of type {kind}"),
            Self::SeveralTexts => f.write_str("more than one text"),
            Self::NoText => f.write_str("a body without text"),
            Self::Flowed => f.write_str("flowed text"),
            Self::Charset(name) => write!(f, "the character set {name}"),
            Self::Encoding(name) => write!(f, "the transfer encoding {name}"),
            Self::RepeatedContentId(id) => write!(f, "the repeated Content-ID {id}"),
            Self::Structure => f.write_str("a broken structure"),
            Self::TooManyParts => f.write_str("too many parts"),
        }
    }
}
