//! What a message says and its parts cannot.

use std::fmt;

/// Something that would be lost, or could be, if only the parts were sent. Prints as the object of "cannot carry ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The author's display name. Some carriers know it by other means.
    DisplayName(String),
    /// A name or comment beside the author's address that readers may read differently.
    BesideAuthor,
    /// A header field that the parts cannot express, or that readers may read differently.
    Field(String),
    /// A header field that is there twice.
    RepeatedField(String),
    /// A field of one part that nothing in the parts stands for.
    PartField(String),
    /// A parameter that nothing in the parts stands for.
    Parameter(String),
    /// A named group of recipients.
    Group,
    /// A signature, which any rewording breaks.
    Signed,
    Encrypted,
    /// An invitation or its answer.
    Calendar,
    /// A multipart type with a meaning of its own.
    Multipart(String),
    /// An alternative of a type other than plain text and HTML.
    Alternative(String),
    /// An attachment of a type that is a message or otherwise not a file.
    Attachment(String),
    /// More than one text to be shown. The others are among the files.
    SeveralTexts,
    /// Texts and files in an order that means something.
    Order,
    /// A file that is to be shown between the texts.
    Inline(String),
    /// A text file beyond ASCII, whose character set cannot be given.
    TextFile(String),
    /// A file whose name, or what stands beside it, readers may read differently.
    FileName(String),
    /// A file without a name, of that type.
    NoName(String),
    /// No text at all.
    NoText,
    NoSubject,
    /// `format=flowed` (RFC 3676).
    Flowed,
    /// A character set that is unknown, or that the bytes do not keep to.
    Charset(String),
    /// Bytes that do not keep to their character set, read in the one that they are most likely in.
    CharsetGuessed(String),
    /// A body that does not keep to its transfer encoding, decoded as most readers do.
    EncodingGuessed(String),
    /// A transfer encoding that is unknown, or that the bytes do not keep to.
    Encoding(String),
    /// A reference from the HTML text to a file, in a form that has to be interpreted.
    Reference(String),
    /// A Content-ID to which nothing refers.
    UnusedContentId(String),
    /// Two parts with the same Content-ID, to which something refers.
    RepeatedContentId(String),
    /// The MIME structure is broken, or readers may read it differently.
    Structure,
    /// There are absurdly many parts.
    TooManyParts,
}

impl Loss {
    /// Whether text and files, and who sees them, are the same without it: it may go where no other way is open.
    #[must_use]
    pub fn is_minor(&self) -> bool {
        matches!(
            self,
            Self::DisplayName(_)
                | Self::BesideAuthor
                | Self::Field(_)
                | Self::RepeatedField(_)
                | Self::PartField(_)
                | Self::Parameter(_)
                | Self::Group
                | Self::SeveralTexts
                | Self::Order
                | Self::Inline(_)
                | Self::TextFile(_)
                | Self::FileName(_)
                | Self::NoName(_)
                | Self::NoText
                | Self::NoSubject
                | Self::Flowed
                | Self::CharsetGuessed(_)
                | Self::EncodingGuessed(_)
                | Self::Reference(_)
                | Self::UnusedContentId(_)
                | Self::RepeatedContentId(_)
        )
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DisplayName(name) => write!(f, "the author's name {name:?}"),
            Self::BesideAuthor => f.write_str("what From says beside the address"),
            Self::Field(name) => write!(f, "the field {name}"),
            Self::RepeatedField(name) => write!(f, "the repeated field {name}"),
            Self::PartField(name) => write!(f, "the field {name} of a part"),
            Self::Parameter(name) => write!(f, "the parameter {name}"),
            Self::Group => f.write_str("a group of recipients"),
            Self::Signed => f.write_str("a signature"),
            Self::Encrypted => f.write_str("encrypted content"),
            Self::Calendar => f.write_str("a calendar item"),
            Self::Multipart(kind) => write!(f, "the structure {kind}"),
            Self::Alternative(kind) => write!(f, "an alternative of type {kind}"),
            Self::Attachment(kind) => write!(f, "an attachment of type {kind}"),
            Self::SeveralTexts => f.write_str("more than one text"),
            Self::Order => f.write_str("the order of texts and files"),
            Self::Inline(name) => write!(f, "the file {name:?}, which is shown inline"),
            Self::TextFile(name) => write!(f, "the character set of the text file {name:?}"),
            Self::FileName(name) if name.is_empty() => f.write_str("the exact parameters of a part"),
            Self::FileName(name) => write!(f, "the exact name and parameters of the file {name:?}"),
            Self::NoName(kind) => write!(f, "a file of type {kind} without a name"),
            Self::NoText => f.write_str("a body without text"),
            Self::NoSubject => f.write_str("a message without Subject"),
            Self::Flowed => f.write_str("flowed text"),
            Self::CharsetGuessed(name) => write!(f, "text that is not in its character set {name}"),
            Self::EncodingGuessed(name) => write!(f, "content that does not keep to its encoding {name}"),
            Self::Charset(name) => write!(f, "the character set {name}"),
            Self::Encoding(name) => write!(f, "the transfer encoding {name}"),
            Self::Reference(text) => write!(f, "the reference {text:?} to a file"),
            Self::UnusedContentId(id) => write!(f, "the unused Content-ID {id:?}"),
            Self::RepeatedContentId(id) => write!(f, "the repeated Content-ID {id}"),
            Self::Structure => f.write_str("a broken or ambiguous structure"),
            Self::TooManyParts => f.write_str("too many parts"),
        }
    }
}
