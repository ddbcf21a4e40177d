//! References from an HTML text to files beside it (RFC 2392).

use std::collections::HashSet;

use super::{Loss, Parts};

/// Leaves a Content-ID only to files that the HTML text refers to, and judges whether the references are clear.
pub(super) fn settle(parts: &mut Parts) {
    let html = parts.html.take();
    let references = read(html.as_deref().unwrap_or_default());
    let has_ids = parts.attachments.iter().any(|attachment| attachment.content_id.is_some());
    let (mut all_clear, mut said) = (true, HashSet::new());
    for reference in &references {
        // Text that happens to hold `cid:` refers to nothing where there are no ids.
        let is_clear = reference.is_plain || !has_ids;
        all_clear &= is_clear;
        let shown = || reference.text.chars().take(LONGEST_SHOWN).collect::<String>();
        if !is_clear && said.insert(shown()) {
            parts.losses.push(Loss::Reference(shown()));
        }
    }
    let plain: HashSet<&str> =
        references.iter().filter(|reference| reference.is_plain).map(|reference| reference.text).collect();
    let mut used = HashSet::new();
    for attachment in &mut parts.attachments {
        let Some(id) = attachment.content_id.take() else { continue };
        if all_clear && !plain.contains(id.as_str()) {
            parts.losses.push(Loss::UnusedContentId(id));
        } else if used.insert(id.clone()) {
            attachment.content_id = Some(id);
        } else {
            parts.losses.push(Loss::RepeatedContentId(id));
        }
    }
    parts.html = html;
}

/// A reference as it is written.
struct Reference<'h> {
    text: &'h str,
    /// Whether it is the id itself: `cid:` in lower case, nothing escaped.
    is_plain: bool,
}

const LONGEST_SHOWN: usize = 80;

fn read(html: &str) -> Vec<Reference<'_>> {
    let lower = html.to_ascii_lowercase();
    let starts = memchr::memmem::find_iter(lower.as_bytes(), b"cid:");
    starts
        .map(|start| {
            let behind = &html[start + 4..];
            let end = behind.find(is_end).unwrap_or(behind.len());
            let text = &behind[..end];
            let is_plain = html[start..].starts_with("cid:") && !text.contains(['%', '&', '\\']);
            Reference { text, is_plain }
        })
        .collect()
}

/// What ends an attribute's value, a style's `url()`, or a tag.
fn is_end(c: char) -> bool {
    c.is_whitespace() || "\"'<>)".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::Attachment;

    fn settled(html: &str, ids: &[&str]) -> (Vec<Option<String>>, Vec<Loss>) {
        let attachment = |id: &&str| Attachment {
            name: "a.png".to_owned(),
            content_type: "image/png".to_owned(),
            content: Vec::new(),
            content_id: Some((*id).to_owned()),
        };
        let mut parts = Parts {
            html: Some(html.to_owned()),
            attachments: ids.iter().map(attachment).collect(),
            ..Parts::default()
        };
        settle(&mut parts);
        (parts.attachments.into_iter().map(|attachment| attachment.content_id).collect(), parts.losses)
    }

    #[test]
    fn a_plain_reference_keeps_its_id() {
        assert_eq!(settled("<img src=\"cid:a@b\">", &["a@b"]), (vec![Some("a@b".into())], vec![]));
        assert_eq!(settled("<p style='background:url(cid:x)'>", &["x"]), (vec![Some("x".into())], vec![]));
        // An id that begins another's.
        let (ids, losses) = settled("<img src=cid:image10>", &["image1", "image10"]);
        assert_eq!(ids, [None, Some("image10".into())]);
        assert_eq!(losses, [Loss::UnusedContentId("image1".into())]);
    }

    #[test]
    fn other_references_have_to_be_interpreted() {
        for html in ["<img src='CID:a'>", "<img src='cid:%61'>", "<img src='cid:a&amp;b'>"] {
            let (ids, losses) = settled(html, &["a"]);
            assert!(matches!(losses[..], [Loss::Reference(_)]), "{html}");
            assert_eq!(ids, [Some("a".into())], "{html}");
        }
        assert_eq!(settled("<p>the acid: 5 %</p>", &[]).1, []);
        let (_, losses) = settled("<img src=cid:a>", &["a", "a"]);
        assert_eq!(losses, [Loss::RepeatedContentId("a".into())]);
    }
}
