//! MIME entities (RFC 2045, RFC 2046): one reading for those who take a message apart and those who re-encode it.
//!
//! Everything is read strictly, and what is not clear is said to be so: a reader that guesses right most of the
//! time is of no use to a relay.

pub(crate) mod boundary;
pub(crate) mod encoding;
pub(crate) mod media;
pub(crate) mod parameters;

use std::borrow::Cow;

use self::encoding::TransferEncoding;
use self::media::Media;
use crate::charset;
use crate::header::{self, Field};

/// A header section and its body.
#[derive(Clone, Debug)]
pub(crate) struct Entity<'a> {
    /// All of it.
    pub(crate) raw: &'a [u8],
    /// The fields, up to the first line that is none.
    pub(crate) fields: Vec<Field<'a>>,
    /// What follows the empty line.
    pub(crate) body: &'a [u8],
    /// What Content-Type says, or the default where it says nothing.
    pub(crate) media: Media,
    /// How the body is encoded.
    pub(crate) encoding: TransferEncoding,
    /// Whether every line of the header section is a field, and no field that describes the body is there twice.
    pub(crate) is_clear: bool,
    /// Whether a field has blanks before its colon (RFC 5322 section 4.5), which ends the header section for some.
    pub(crate) has_old_fields: bool,
}

/// Fields that describe a body. Readers differ about which counts when there are two.
const DESCRIBING: [&str; 4] =
    ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"];

impl<'a> Entity<'a> {
    /// Reads an entity; `default_kind` is the type of one that gives none (RFC 2046 section 5.1.5).
    pub(crate) fn read(raw: &'a [u8], default_kind: &str) -> Self {
        let (header, body) = header::split(raw);
        let mut fields = Vec::new();
        let mut is_clear = true;
        for field in header::fields(header) {
            match field {
                Ok(field) => fields.push(field),
                Err(_) => is_clear = false,
            }
        }
        let has_old_fields = fields.iter().any(|field| field.raw().get(field.name().len()) != Some(&b':'));
        let is_repeated = |name: &str| fields.iter().filter(|field| field.is(name)).count() > 1;
        is_clear &= !DESCRIBING.iter().any(|name| is_repeated(name));
        let declared = fields.iter().find(|field| field.is("Content-Type"));
        let media = match declared {
            Some(field) => Media::of(field),
            None => Media::of_kind(default_kind),
        };
        Self { raw, encoding: TransferEncoding::of(&fields), body, media, is_clear, has_old_fields, fields }
    }

    /// A whole message.
    pub(crate) fn message(raw: &'a [u8]) -> Self {
        Self::read(raw, "text/plain")
    }

    /// The first field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// The parts of a multipart that was divided.
    pub(crate) fn parts(&self, division: &boundary::Division) -> Vec<Self> {
        let default_kind =
            if self.media.kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let part = |part: &std::ops::Range<usize>| Self::read(&self.body[part.clone()], default_kind);
        division.parts.iter().map(part).collect()
    }

    /// Where the parts are.
    pub(crate) fn divide(&self) -> Result<boundary::Division, boundary::Unclear> {
        if !self.is_clear || !self.media.is_clear {
            return Err(boundary::Unclear);
        }
        boundary::divide(self.body, self.media.parameter("boundary").unwrap_or_default())
    }
}

/// The character set that a message's own texts declare: what its raw header fields are most likely in, too.
pub(crate) fn declared_charset(entity: &Entity<'_>) -> Option<String> {
    charset_of(entity, MAX_LOOKS)
}

const MAX_LOOKS: usize = 8;

fn charset_of(entity: &Entity<'_>, looks: usize) -> Option<String> {
    match entity.media.main_type() {
        "text" => entity.media.parameter("charset").map(str::to_owned),
        "multipart" if looks > 0 => {
            let division = entity.divide().ok()?;
            entity.parts(&division).iter().take(looks).find_map(|part| charset_of(part, looks - 1))
        }
        _ => None,
    }
}

/// What follows a field's colon, unfolded, as text: UTF-8 if it is that, else in the character set that the
/// message declares for its texts, else nothing.
pub(crate) fn field_text<'a>(field: &Field<'a>, charset: Option<&str>) -> Option<Cow<'a, str>> {
    if std::str::from_utf8(field.raw()).is_ok() {
        return Some(field.body());
    }
    let label = charset?;
    let raw = charset::decode(label, field.raw())?;
    let (_, body) = raw.split_once(':')?;
    Some(Cow::Owned(body.replace("\r\n", "").trim().to_owned()))
}
