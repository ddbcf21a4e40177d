//! Messages of an Azure Storage queue (Queue service REST API, "Get Messages"), as far as Event Grid's are read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// The version of the Queue service that is asked for: the first with tokens of Entra, and more.
pub const VERSION: &str = "2021-12-02";
/// The scope of a token for a queue of any storage account.
pub const SCOPE: &str = "https://storage.azure.com/.default";
/// Messages that the Queue service gives at once.
pub const MOST_AT_ONCE: usize = 32;

/// A message that was received: invisible to others for a while, and there until it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueueMessage {
    pub message_id: String,
    /// Needed to delete the message; another one each time that it is received.
    pub pop_receipt: String,
    /// How often it was received.
    #[serde(default)]
    pub dequeue_count: u32,
    #[serde(default)]
    message_text: String,
}

#[derive(Default, Deserialize)]
struct MessageList {
    #[serde(default, rename = "QueueMessage")]
    messages: Vec<QueueMessage>,
}

/// An answer of the Queue service that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not a list of queue messages: {0}")]
pub struct UnreadableList(#[from] quick_xml::DeError);

/// Reads the answer to "Get Messages".
///
/// # Errors
/// When it is not the XML that the service documents.
pub fn read_messages(body: &[u8]) -> Result<Vec<QueueMessage>, UnreadableList> {
    // Azurite writes a byte order mark before it, as Azure does.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let list: MessageList = quick_xml::de::from_reader(body)?;
    Ok(list.messages)
}

impl QueueMessage {
    /// What the message holds. Event Grid writes base64; other programs may write text.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let text = self.message_text.trim();
        STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> String {
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><QueueMessagesList><QueueMessage>\
             <MessageId>5974b586-0df3-4e2d-ad0c-18e3892bfca2</MessageId>\
             <InsertionTime>Fri, 09 Oct 2009 21:04:30 GMT</InsertionTime>\
             <ExpirationTime>Fri, 16 Oct 2009 21:04:30 GMT</ExpirationTime>\
             <PopReceipt>YzQ4Yzg1MDIt+/==</PopReceipt>\
             <TimeNextVisible>Fri, 09 Oct 2009 23:29:20 GMT</TimeNextVisible>\
             <DequeueCount>3</DequeueCount><MessageText>{text}</MessageText></QueueMessage></QueueMessagesList>"
        )
    }

    #[test]
    fn a_message_is_read_in_base64_and_as_text() {
        for (text, expected) in [
            ("eyJpZCI6IjEifQ==", r#"{"id":"1"}"#),
            ("{&quot;id&quot;:&quot;1 &amp; 2&quot;}", r#"{"id":"1 & 2"}"#),
            ("", ""),
        ] {
            let read = read_messages(list(text).as_bytes()).unwrap().remove(0);
            assert_eq!(String::from_utf8(read.content()).unwrap(), expected);
            assert_eq!((read.pop_receipt.as_str(), read.dequeue_count), ("YzQ4Yzg1MDIt+/==", 3));
        }
    }

    #[test]
    fn an_empty_queue_is_an_empty_list_and_anything_else_an_error() {
        for empty in
            ["<QueueMessagesList />", "<?xml version=\"1.0\"?><QueueMessagesList></QueueMessagesList>"]
        {
            assert!(read_messages(empty.as_bytes()).unwrap().is_empty());
        }
        for wrong in ["", "<QueueMessagesList><QueueMessage/></QueueMessagesList>", "{}", "<a", "\u{0}"] {
            assert!(read_messages(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
