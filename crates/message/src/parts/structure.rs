//! The MIME structure, sorted into texts and files (RFC 2046, RFC 2387, RFC 2183).

use encoding_rs::Encoding;
use mailparse::{DispositionType, MailHeaderMap as _, ParsedMail};

use super::{Attachment, Loss, Parts};

/// Sorts the whole message.
pub(super) fn read(root: &ParsedMail<'_>, parts: &mut Parts) {
    let mut walk = Walk { parts, shown: Shown::Nothing };
    walk.entity(root, Place::Sequence);
    let understood = !parts
        .losses
        .iter()
        .any(|loss| matches!(loss, Loss::Signed | Loss::Encrypted | Loss::Multipart(_) | Loss::Structure));
    let has_text = [&parts.text, &parts.html].into_iter().flatten().any(|text| !text.trim().is_empty());
    if understood && !has_text {
        parts.losses.push(Loss::NoText);
    }
    keep_only_referenced_ids(parts);
}

struct Walk<'p> {
    parts: &'p mut Parts,
    shown: Shown,
}

/// What readers are shown so far, outside alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    OneText,
}

/// Where an entity stands, which decides what a text in it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// One after the other: the message itself and multipart/mixed.
    Sequence,
    /// One instead of the other: multipart/alternative.
    Alternative,
    /// Beside an HTML text: the parts of multipart/related behind the first.
    Beside,
}

impl Walk<'_> {
    fn entity(&mut self, entity: &ParsedMail<'_>, place: Place) {
        match entity.ctype.mimetype.as_str() {
            "multipart/signed" => self.lose(Loss::Signed),
            "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                self.lose(Loss::Encrypted);
            }
            kind if kind.starts_with("multipart/") => self.multipart(kind, entity, place),
            _ => self.leaf(entity, place),
        }
    }

    fn multipart(&mut self, kind: &str, entity: &ParsedMail<'_>, place: Place) {
        let is_known = matches!(kind, "multipart/mixed" | "multipart/alternative" | "multipart/related");
        if !is_known {
            return self.lose(Loss::Multipart(kind.to_owned()));
        }
        if entity.subparts.is_empty() {
            return self.lose(Loss::Structure);
        }
        match kind {
            "multipart/mixed" if place == Place::Sequence => {
                entity.subparts.iter().for_each(|part| self.entity(part, Place::Sequence));
            }
            "multipart/alternative" if place == Place::Sequence => {
                if self.shown == Shown::OneText {
                    return self.lose(Loss::SeveralTexts);
                }
                entity.subparts.iter().for_each(|part| self.entity(part, Place::Alternative));
                self.shown = Shown::OneText;
            }
            "multipart/related" if place != Place::Beside => {
                if let [root, others @ ..] = &entity.subparts[..] {
                    self.entity(root, place);
                    others.iter().for_each(|part| self.entity(part, Place::Beside));
                }
            }
            // A mixture inside an alternative and the like.
            _ => self.lose(Loss::Multipart(kind.to_owned())),
        }
    }

    fn leaf(&mut self, entity: &ParsedMail<'_>, place: Place) {
        let kind = entity.ctype.mimetype.as_str();
        let disposition = entity.get_content_disposition();
        let is_file = disposition.disposition == DispositionType::Attachment
            || disposition.params.contains_key("filename")
            || place == Place::Beside;
        match kind {
            "text/plain" | "text/html" if !is_file => self.text(entity, place),
            "text/calendar" if !is_file || entity.ctype.params.contains_key("method") => {
                self.lose(Loss::Calendar);
            }
            _ if place == Place::Alternative => self.lose(Loss::Alternative(kind.to_owned())),
            "application/pkcs7-signature" | "application/pgp-signature" => self.lose(Loss::Signed),
            _ if kind.starts_with("message/") => self.lose(Loss::Attachment(kind.to_owned())),
            _ => self.file(entity),
        }
    }

    fn text(&mut self, entity: &ParsedMail<'_>, place: Place) {
        let is_html = entity.ctype.mimetype == "text/html";
        let is_second = match place {
            Place::Sequence => self.shown == Shown::OneText,
            Place::Alternative | Place::Beside => {
                if is_html {
                    self.parts.html.is_some()
                } else {
                    self.parts.text.is_some()
                }
            }
        };
        if is_second {
            return self.lose(Loss::SeveralTexts);
        }
        if place == Place::Sequence {
            self.shown = Shown::OneText;
        }
        if entity.ctype.params.get("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")) {
            self.lose(Loss::Flowed);
        }
        let Some(octets) = self.decoded(entity) else { return };
        let declared = entity.ctype.params.get("charset").map(String::as_str);
        let text = match in_unicode(&octets, declared) {
            Ok(text) => text,
            Err(loss) => return self.lose(loss),
        };
        if is_html {
            self.parts.html = Some(text);
        } else {
            self.parts.text = Some(text);
        }
    }

    fn file(&mut self, entity: &ParsedMail<'_>) {
        let Some(content) = self.decoded(entity) else { return };
        let content_type = entity.ctype.mimetype.clone();
        // A file carries no character set with it; only text that reads the same without one may go.
        if content_type.starts_with("text/")
            && !content.is_ascii()
            && let Some(declared) = entity.ctype.params.get("charset")
            && !declared.eq_ignore_ascii_case("utf-8")
        {
            self.lose(Loss::Charset(declared.clone()));
        }
        let disposition = entity.get_content_disposition();
        let name = disposition.params.get("filename").or_else(|| entity.ctype.params.get("name")).cloned();
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
            format!("part-{}.{}", self.parts.attachments.len() + 1, extension(&content_type))
        });
        let content_id = entity.headers.get_first_value("Content-ID");
        let content_id = content_id.map(|id| id.trim().trim_matches(['<', '>']).to_owned());
        if let Some(id) = &content_id
            && self.parts.attachments.iter().any(|other| other.content_id.as_ref() == Some(id))
        {
            self.lose(Loss::RepeatedContentId(id.clone()));
        }
        self.parts.attachments.push(Attachment { name, content_type, content, content_id });
    }

    /// The octets without their transfer encoding.
    fn decoded(&mut self, entity: &ParsedMail<'_>) -> Option<Vec<u8>> {
        let encoding = entity.headers.get_first_value("Content-Transfer-Encoding").unwrap_or_default();
        let encoding = encoding.trim().to_ascii_lowercase();
        let is_known =
            matches!(encoding.as_str(), "" | "7bit" | "8bit" | "binary" | "quoted-printable" | "base64");
        match entity.get_body_raw() {
            Ok(octets) if is_known => Some(octets),
            _ => {
                self.lose(Loss::Encoding(encoding));
                None
            }
        }
    }

    fn lose(&mut self, loss: Loss) {
        self.parts.losses.push(loss);
    }
}

/// Decodes a text; every octet must mean something.
///
/// Devices often send UTF-8 and do not say so: where nothing is declared, what is UTF-8 is read as such.
fn in_unicode(octets: &[u8], declared: Option<&str>) -> Result<String, Loss> {
    let charset = declared.unwrap_or("utf-8");
    let lost = || Loss::Charset(declared.unwrap_or("us-ascii").to_owned());
    if charset.eq_ignore_ascii_case("us-ascii") && !octets.is_ascii() {
        return Err(lost());
    }
    let encoding = Encoding::for_label(charset.as_bytes()).ok_or_else(lost)?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(octets).ok_or_else(lost)?;
    Ok(text.into_owned())
}

/// An attachment that nothing refers to is a file, not an inline image, whatever its id.
fn keep_only_referenced_ids(parts: &mut Parts) {
    let html = parts.html.as_deref().unwrap_or_default();
    for attachment in &mut parts.attachments {
        attachment.content_id = attachment.content_id.take().filter(|id| html.contains(&format!("cid:{id}")));
    }
}

/// A file extension for a part without a name.
fn extension(content_type: &str) -> &str {
    match content_type.split_once('/') {
        Some(("text", "plain")) => "txt",
        Some((_, subtype)) if subtype.bytes().all(|b| b.is_ascii_alphanumeric()) => subtype,
        _ => "bin",
    }
}
