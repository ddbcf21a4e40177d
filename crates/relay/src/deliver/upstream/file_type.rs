//! The type of a file by the end of its name, for files that say nothing but `application/octet-stream`.

/// Ends of names, and the types that the Email API takes for them.
const TYPES: [(&str, &str); 36] = [
    ("7z", "application/x-7z-compressed"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docm", "application/vnd.ms-word.document.macroenabled.12"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("epub", "application/epub+zip"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppsx", "application/vnd.openxmlformats-officedocument.presentationml.slideshow"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("pub", "application/vnd.ms-publisher"),
    ("rar", "application/vnd.rar"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("vsd", "application/vnd.visio"),
    ("wav", "audio/wav"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// Types that say nothing about a file.
const SAYS_NOTHING: [&str; 5] = [
    "application/octet-stream",
    "application/bytestream",
    "application/binary",
    "application/unknown",
    "application/x-download",
];

/// The type of a file that says nothing about itself, by its name.
pub(super) fn by_name(name: &str, content_type: &str) -> Option<&'static str> {
    if !SAYS_NOTHING.contains(&content_type) {
        return None;
    }
    let (_, end) = name.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known)).map(|(_, content_type)| *content_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_types::email::is_allowed_attachment;

    #[test]
    fn every_type_is_one_that_azure_takes() {
        for (end, content_type) in TYPES {
            assert!(is_allowed_attachment(content_type), "{end}");
        }
        assert_eq!(by_name("Scan.PDF", "application/octet-stream"), Some("application/pdf"));
        assert_eq!(by_name("Scan.PDF", "application/x-msdownload"), None);
        assert_eq!(by_name("pdf", "application/octet-stream"), None);
    }
}
