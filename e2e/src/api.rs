//! The management API, asked over its socket as the command line asks it.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::world::{LOOK, PATIENCE, World};

impl World {
    /// What the API answers to a `GET`; it has to succeed.
    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    /// The items on the first page of a list.
    pub async fn list(&self, path: &str) -> Value {
        self.get(path).await["items"].clone()
    }

    /// What the API answers to a `GET` where it is not JSON.
    pub async fn text(&self, path: &str) -> String {
        let (status, text) = self.answer("GET", path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    /// What the API answers to a `POST` that asks for nothing special; it has to succeed.
    pub async fn post(&self, path: &str) -> Value {
        let (status, answer) = self.request("POST", path, json!({})).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// The status that the API answers and its JSON, null if there is none. A body that is null is not sent.
    pub async fn request(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = self.answer(method, path, &body).await;
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    /// Looks until `done` holds, while the clock stands still; says whether it ever did.
    pub async fn comes_about(&self, done: impl AsyncFn() -> bool) -> bool {
        self.found(async || done().await.then_some(())).await.is_some()
    }

    /// Looks until `look` finds something, while the clock stands still; gives what it found.
    pub async fn found<T>(&self, look: impl AsyncFn() -> Option<T>) -> Option<T> {
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.ok()
    }

    /// Gives the loops that were woken the chance to do what is due.
    pub async fn breathe(&self) {
        tokio::time::sleep(20 * LOOK).await;
    }

    async fn answer(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let socket = self.server().data_dir.join(postern::server::SOCKET);
        let mut stream = UnixStream::connect(socket).await.unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), text.to_owned())
    }
}
