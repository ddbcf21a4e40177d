//! A file: its name, its type, its bytes, and whether it is to be shown.

use std::borrow::Cow;

use super::{Attachment, Loss, Parts, TransferEncoding};
use crate::header::Field;
use crate::mime::media::Media;
use crate::mime::{Entity, encoding};

/// What an entity says about itself as a file.
pub(super) struct Facts {
    /// Whether it is one, or a text to be shown.
    pub(super) is_file: bool,
    disposition: Option<Media>,
    name: Option<String>,
    content_id: Option<String>,
}

/// Whether an entity is the message itself, whose other fields are sorted elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Message,
    /// A part of it.
    Part,
}

/// Whether a field describes a part rather than the message.
pub(super) fn is_description(field: &Field<'_>) -> bool {
    field.name().get(..8).is_some_and(|head| head.eq_ignore_ascii_case("Content-"))
}

impl Facts {
    /// Reads the describing fields; notes those that nothing stands for. `None` if they are not clear.
    pub(super) fn of(entity: &Entity<'_>, level: Level, parts: &mut Parts) -> Option<Self> {
        let (mut disposition, mut content_id) = (None, None);
        for field in &entity.fields {
            if field.is("Content-Disposition") {
                disposition = Some(Media::of(field));
            } else if field.is("Content-ID") {
                content_id = id(&field.body());
                if content_id.is_none() {
                    parts.losses.push(Loss::PartField(field.name().to_owned()));
                }
            } else if field.is("Content-Type") || field.is("Content-Transfer-Encoding") {
                // Read with the entity.
            } else if field.is("MIME-Version") && field.body() == "1.0" {
                // Some programs write it into every part.
            } else if level == Level::Part || is_description(field) {
                parts.losses.push(Loss::PartField(field.name().to_owned()));
            }
        }
        if disposition.as_ref().is_some_and(|disposition| !disposition.has_plain_kind()) {
            return None;
        }
        let written = disposition.as_ref().and_then(|one| value(one, "filename"));
        let named = value(&entity.media, "name");
        if let (Some(written), Some(named)) = (&written, &named)
            && written != named
        {
            parts.losses.push(Loss::Parameter("name".to_owned()));
        }
        let name = written.clone().or(named).filter(|name| !name.is_empty());
        let leads_elsewhere = name.as_deref().is_some_and(is_path);
        let is_clear = disposition.as_ref().is_none_or(|disposition| disposition.is_clear);
        if !is_clear || !entity.media.is_clear || leads_elsewhere {
            parts.losses.push(Loss::FileName(name.clone().unwrap_or_default()));
        }
        let name = if leads_elsewhere { name.as_deref().and_then(last_part) } else { name };
        let kind = disposition.as_ref().map_or("", |disposition| disposition.kind.as_str());
        if !["", "inline", "attachment"].contains(&kind) {
            parts.losses.push(Loss::PartField("Content-Disposition".to_owned()));
        }
        let is_file = kind == "attachment" || written.is_some();
        Some(Self { is_file, name, disposition, content_id })
    }

    /// Notes the parameters of a file that a text to be shown has.
    pub(super) fn of_text(self, parts: &mut Parts) {
        parts.losses.extend(self.content_id.map(Loss::UnusedContentId));
        for name in self.disposition.iter().flat_map(Media::names) {
            parts.losses.push(Loss::Parameter(name.to_owned()));
        }
    }

    /// Reads the file.
    pub(super) fn read(self, entity: &Entity<'_>, parts: &mut Parts) {
        if !entity.media.has_plain_kind() {
            return parts.losses.push(Loss::Structure);
        }
        let Some(content) = decoded(entity, parts) else { return };
        let content_type = entity.media.kind.clone();
        self.parameters(entity, &content, parts);
        let name = self.name.unwrap_or_else(|| {
            parts.losses.push(Loss::NoName(content_type.clone()));
            format!("part-{}.{}", parts.attachments.len() + 1, extension(&content_type))
        });
        let is_inline = self.disposition.is_some_and(|one| one.kind == "inline");
        if is_inline && self.content_id.is_none() {
            parts.losses.push(Loss::Inline(name.clone()));
        }
        let content = content.into_owned();
        parts.attachments.push(Attachment { name, content_type, content, content_id: self.content_id });
    }

    fn parameters(&self, entity: &Entity<'_>, content: &[u8], parts: &mut Parts) {
        // A file carries no character set with it; only what reads the same without one needs none.
        let is_text = entity.media.main_type() == "text";
        if is_text && !content.is_ascii() {
            parts.losses.push(Loss::TextFile(self.name.clone().unwrap_or_default()));
        }
        for name in entity.media.names() {
            if name != "name" && !(name == "charset" && is_text) {
                parts.losses.push(Loss::Parameter(name.to_owned()));
            }
        }
        for name in self.disposition.iter().flat_map(Media::names).filter(|name| *name != "filename") {
            parts.losses.push(Loss::Parameter(name.to_owned()));
        }
    }
}

/// Whether a name leads out of the folder that a reader chooses for it, or into another (RFC 2183 section 2.3).
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\'])
        || name.trim().trim_matches('.').is_empty()
        || name.as_bytes().get(1) == Some(&b':')
}

/// What is left of a path: the name behind its folders.
fn last_part(path: &str) -> Option<String> {
    let last = path.rsplit(['/', '\\', ':']).next().unwrap_or_default().trim();
    (!last.trim_matches('.').is_empty()).then(|| last.to_owned())
}

/// A parameter, or what it most likely is.
fn value(media: &Media, name: &str) -> Option<String> {
    if media.is_clear { media.parameter(name).map(str::to_owned) } else { media.likely(name) }
}

/// The bytes without their transfer encoding.
pub(super) fn decoded<'a>(entity: &Entity<'a>, parts: &mut Parts) -> Option<Cow<'a, [u8]>> {
    if let Some(content) = entity.encoding.decode(entity.body) {
        return Some(content);
    }
    let name = match &entity.encoding {
        TransferEncoding::Identity => "8bit",
        TransferEncoding::QuotedPrintable => "quoted-printable",
        TransferEncoding::Base64 => "base64",
        TransferEncoding::Unknown(name) => name,
    };
    let guess = encoding::guess(&entity.encoding, entity.body);
    let loss = if guess.is_some() { Loss::EncodingGuessed } else { Loss::Encoding };
    parts.losses.push(loss(name.to_owned()));
    guess.map(Cow::Owned)
}

/// A Content-ID without its brackets, if it is one (RFC 2045 section 7).
fn id(body: &str) -> Option<String> {
    let id = body.strip_prefix('<')?.strip_suffix('>')?;
    let is_plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_graphic() && !"<>\"\\&%".contains(c));
    is_plain.then(|| id.to_owned())
}

/// A file extension for a part without a name.
fn extension(content_type: &str) -> &str {
    match content_type.split_once('/') {
        Some(("text", "plain")) => "txt",
        Some((_, subtype)) if subtype.bytes().all(|b| b.is_ascii_alphanumeric()) => subtype,
        _ => "bin",
    }
}
