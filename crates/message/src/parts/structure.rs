//! The MIME structure, sorted into texts and files (RFC 2046, RFC 2387, RFC 2183).

use super::file::Level;
use super::{Loss, Parts, file, references, text};
use crate::mime::Entity;

/// Sorts the whole message.
pub(super) fn read(message: &Entity<'_>, parts: &mut Parts) {
    let mut walk = Walk { parts, shown: Shown::Nothing, entities: 0, boundaries: Vec::new() };
    walk.entity(message, EntityContext::Sequence, 0);
    let understood = !parts.losses.iter().any(|loss| {
        matches!(
            loss,
            Loss::Signed | Loss::Encrypted | Loss::Multipart(_) | Loss::Structure | Loss::TooManyParts
        )
    });
    let has_text = [&parts.text, &parts.html].into_iter().flatten().any(|text| !text.trim().is_empty());
    if understood && !has_text {
        parts.losses.push(Loss::NoText);
    }
    references::settle(parts);
}

struct Walk<'p> {
    parts: &'p mut Parts,
    shown: Shown,
    entities: usize,
    /// Of the multiparts around.
    boundaries: Vec<String>,
}

/// What readers are shown so far, outside alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    OneText,
}

/// Where an entity stands, which decides what a text in it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityContext {
    /// One after the other: the message itself and multipart/mixed.
    Sequence,
    /// One instead of the other: multipart/alternative.
    Alternative,
    /// Beside an HTML text: the parts of multipart/related behind the first.
    Beside,
}

/// More parts than any honest message has.
const MAX_ENTITIES: usize = 1_000;
/// Deeper than any honest message.
const MAX_DEPTH: usize = 50;
/// Parameters of a multipart that only say how it is divided.
const STRUCTURAL: [&str; 3] = ["boundary", "type", "charset"];

impl Walk<'_> {
    fn entity(&mut self, entity: &Entity<'_>, place: EntityContext, depth: usize) {
        self.entities += 1;
        if self.entities > MAX_ENTITIES || depth > MAX_DEPTH {
            return self.lose_once(Loss::TooManyParts);
        }
        if !entity.is_clear || entity.has_old_fields {
            return self.lose(Loss::Structure);
        }
        match entity.media.kind.as_str() {
            "multipart/signed" => self.lose(Loss::Signed),
            "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                self.lose(Loss::Encrypted);
            }
            _ if entity.media.main_type() == "multipart" => self.multipart(entity, place, depth),
            _ => self.leaf(entity, place, depth),
        }
    }

    fn multipart(&mut self, entity: &Entity<'_>, place: EntityContext, depth: usize) {
        let kind = entity.media.kind.as_str();
        if !matches!(kind, "multipart/mixed" | "multipart/alternative" | "multipart/related") {
            return self.lose(Loss::Multipart(kind.to_owned()));
        }
        let Ok(division) = entity.divide() else { return self.lose(Loss::Structure) };
        let subparts = entity.parts(&division);
        let boundary = entity.media.parameter("boundary").unwrap_or_default();
        // A delimiter of the whole would be one of the part, too, for those who compare only its beginning.
        if self.boundaries.iter().any(|outer| outer.starts_with(boundary)) {
            return self.lose(Loss::Structure);
        }
        let has_epilogue = !entity.body[division.epilogue].trim_ascii().is_empty();
        if has_epilogue || !division.is_closed || entity.encoding != super::TransferEncoding::Identity {
            return self.lose(Loss::Structure);
        }
        self.describe(entity, depth);
        for name in entity.media.names().filter(|name| !STRUCTURAL.contains(name)) {
            self.parts.losses.push(Loss::Parameter(name.to_owned()));
        }
        self.boundaries.push(boundary.to_owned());
        self.parts_of(kind, &subparts, place, depth);
        self.boundaries.pop();
    }

    fn parts_of(&mut self, kind: &str, subparts: &[Entity<'_>], place: EntityContext, depth: usize) {
        match kind {
            "multipart/mixed" if place == EntityContext::Sequence => {
                subparts.iter().for_each(|part| self.entity(part, EntityContext::Sequence, depth + 1));
            }
            "multipart/alternative" if place == EntityContext::Sequence => self.alternative(subparts, depth),
            "multipart/related" if place != EntityContext::Beside => {
                if let [root, others @ ..] = subparts {
                    self.entity(root, place, depth + 1);
                    others.iter().for_each(|part| self.entity(part, EntityContext::Beside, depth + 1));
                }
            }
            // A mixture inside an alternative and the like.
            _ => self.lose(Loss::Multipart(kind.to_owned())),
        }
    }

    fn alternative(&mut self, subparts: &[Entity<'_>], depth: usize) {
        if self.shown == Shown::OneText {
            return self.lose(Loss::Multipart("multipart/alternative".to_owned()));
        }
        self.text_comes();
        subparts.iter().for_each(|part| self.entity(part, EntityContext::Alternative, depth + 1));
        self.shown = Shown::OneText;
    }

    fn leaf(&mut self, entity: &Entity<'_>, place: EntityContext, depth: usize) {
        let kind = entity.media.kind.as_str();
        let level = if depth == 0 { Level::Message } else { Level::Part };
        let Some(file) = file::Facts::of(entity, level, self.parts) else {
            return self.lose(Loss::Structure);
        };
        let is_file = file.is_file || place == EntityContext::Beside;
        match kind {
            "text/plain" | "text/html"
                if !is_file && place == EntityContext::Sequence && self.shown == Shown::OneText =>
            {
                self.lose(Loss::SeveralTexts);
                if !entity.body.trim_ascii().is_empty() {
                    file.read(entity, self.parts);
                }
            }
            "text/plain" | "text/html" if !is_file => {
                file.of_text(self.parts);
                self.text(entity, place);
            }
            "text/calendar" if !is_file || entity.media.parameter("method").is_some() => {
                self.lose(Loss::Calendar);
            }
            _ if place == EntityContext::Alternative => self.lose(Loss::Alternative(kind.to_owned())),
            "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature" => {
                self.lose(Loss::Signed);
            }
            "application/pgp-encrypted" => self.lose(Loss::Encrypted),
            _ if entity.media.main_type() == "message" => self.lose(Loss::Attachment(kind.to_owned())),
            _ => file.read(entity, self.parts),
        }
    }

    fn text(&mut self, entity: &Entity<'_>, place: EntityContext) {
        let is_html = entity.media.kind == "text/html";
        let is_second = if is_html { self.parts.html.is_some() } else { self.parts.text.is_some() };
        if is_second {
            return self.lose(Loss::Alternative(entity.media.kind.clone()));
        }
        // The last alternative is the one that its author likes best (RFC 2046 section 5.1.4).
        if place == EntityContext::Alternative && !is_html && self.parts.html.is_some() {
            self.lose(Loss::Order);
        }
        if place == EntityContext::Sequence {
            self.text_comes();
            self.shown = Shown::OneText;
        }
        text::read(entity, self.parts);
    }

    /// By its parts a message always shows its text first.
    fn text_comes(&mut self) {
        if !self.parts.attachments.is_empty() {
            self.lose_once(Loss::Order);
        }
    }

    /// Fields of a multipart inside the message; those of the message itself were sorted with its header section.
    fn describe(&mut self, entity: &Entity<'_>, depth: usize) {
        let is_structural = |name: &str| {
            ["Content-Type", "Content-Transfer-Encoding"].iter().any(|known| name.eq_ignore_ascii_case(known))
        };
        for field in &entity.fields {
            let is_ours = depth > 0 || file::is_description(field);
            if is_ours && !is_structural(field.name()) && !(field.is("MIME-Version") && field.body() == "1.0")
            {
                self.parts.losses.push(Loss::PartField(field.name().to_owned()));
            }
        }
    }

    fn lose(&mut self, loss: Loss) {
        self.parts.losses.push(loss);
    }

    fn lose_once(&mut self, loss: Loss) {
        if !self.parts.losses.contains(&loss) {
            self.lose(loss);
        }
    }
}
