//! A client of the running server's management API.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use api::page::Page;
use api::problem::{Code, Problem};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::Connection;
use crate::config;
use crate::server::SOCKET;

/// Speaks to the server over its socket.
pub(crate) struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

impl Client {
    /// A client of the server whose data directory is named, or configured.
    pub(crate) fn new(connection: &Connection) -> anyhow::Result<Self> {
        let data_dir = match &connection.data_dir {
            Some(data_dir) => data_dir.clone(),
            None => config::data_dir(connection.file.config.as_deref())?,
        };
        Self::at(&data_dir)
    }

    /// A client of the server with that data directory.
    pub(crate) fn at(data_dir: &Path) -> anyhow::Result<Self> {
        let socket = data_dir.join(SOCKET);
        let http = reqwest::Client::builder().unix_socket(socket.clone()).no_proxy().build()?;
        Ok(Self { http, socket })
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<T> {
        let request = self.request(Method::GET, path).query(query);
        Ok(serde_json::from_slice(&self.exchange(request).await?)?)
    }

    /// Gets a whole list, page by page.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<Vec<T>> {
        self.first(usize::MAX, path, query).await
    }

    /// Gets so many items from the beginning of a list, page by page.
    pub(crate) async fn first<T: DeserializeOwned>(
        &self,
        count: usize,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<Vec<T>> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let mut query = query.to_vec();
            query.push(("limit", count.saturating_sub(all.len()).clamp(1, PAGE).to_string()));
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page: Page<T> = self.get(path, &query).await?;
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() || all.len() >= count {
                all.truncate(count);
                return Ok(all);
            }
        }
    }

    /// Gets what is not JSON.
    pub(crate) async fn text(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<String> {
        let bytes = self.exchange(self.request(Method::GET, path).query(query)).await?;
        String::from_utf8(bytes).context("the server's answer is not text")
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let request = self.request(Method::POST, path).json(body);
        Ok(serde_json::from_slice(&self.exchange(request).await?)?)
    }

    /// Posts what has no answer but that it was done.
    pub(crate) async fn post_nothing(&self, path: &str, body: &impl Serialize) -> anyhow::Result<()> {
        self.exchange(self.request(Method::POST, path).json(body)).await.map(drop)
    }

    /// Posts, and hears the answer line by line while it comes.
    pub(crate) async fn post_lines<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        mut hear: impl FnMut(T),
    ) -> anyhow::Result<()> {
        let mut response = self.send(self.request(Method::POST, path).json(body)).await?;
        let mut waiting = Vec::new();
        while let Some(piece) = response.chunk().await.context("the server did not finish its answer")? {
            waiting.extend_from_slice(&piece);
            while let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = waiting.drain(..=end).collect();
                hear(serde_json::from_slice(&line)?);
            }
        }
        Ok(())
    }

    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let request = self.request(Method::PUT, path).json(body);
        Ok(serde_json::from_slice(&self.exchange(request).await?)?)
    }

    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let request = self.request(Method::PATCH, path).json(body);
        Ok(serde_json::from_slice(&self.exchange(request).await?)?)
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.exchange(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Deletes, and hears what came of it.
    pub(crate) async fn delete_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<T> {
        let request = self.request(Method::DELETE, path).query(query);
        Ok(serde_json::from_slice(&self.exchange(request).await?)?)
    }

    /// Gets what is not text.
    pub(crate) async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.exchange(self.request(Method::GET, path)).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("http://postern{path}"))
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Vec<u8>> {
        let response = self.send(request).await?;
        Ok(response.bytes().await.context("the server did not finish its answer")?.to_vec())
    }

    /// Sends a request; an answer that is an error becomes one, of which a caller may take the [`Problem`] out.
    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Err(self.unreachable(&error)),
            Err(error) => return Err(error).context("the server did not answer"),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.context("the server did not finish its answer")?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(mut problem) => {
                problem.detail.push_str(&where_to_look(&problem));
                Err(anyhow::Error::msg(problem))
            }
            Err(_) => bail!("the server answered {}", describe(status)),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> anyhow::Error {
        let socket = self.socket.display();
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let denied = cause.to_string().contains("Permission denied");
        let hint = if denied {
            "it belongs to another user: run this as that user, or with sudo"
        } else {
            "start it with `postern serve`, or name its directory with --data-dir"
        };
        anyhow!("no server answers at {socket}: {hint}")
    }
}

/// Names the command that lists what exists, unless the server has named a command already.
fn where_to_look(problem: &Problem) -> String {
    let kind = problem.detail.split(' ').next().unwrap_or_default();
    let list = match kind {
        "account" => "account list",
        "credential" => "credential list",
        "DNS" => "dns list",
        "message" => "message list",
        "sender" => "sender list",
        _ => return String::new(),
    };
    match problem.code == Code::Missing && !problem.detail.contains('`') {
        true => format!(": `postern {list}` shows what exists"),
        false => String::new(),
    }
}

/// Percent-encodes one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Items on a page at most.
const PAGE: usize = 1_000;

/// An empty request body.
pub(crate) fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

fn describe(status: StatusCode) -> String {
    status
        .canonical_reason()
        .map_or_else(|| status.to_string(), |reason| format!("{} {reason}", status.as_u16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_exist_is_said_with_the_command_that_lists_it() {
        for (status, code, detail, expected) in [
            (404, Code::Missing, "account a does not exist", ": `postern account list` shows what exists"),
            (404, Code::Missing, "DNS connection a does not exist", ": `postern dns list` shows what exists"),
            (404, Code::Missing, "1.2.3.4 is not locked: `postern bans` lists what is", ""),
            (404, Code::Missing, "account a: see `postern status`", ""),
            (409, Code::Conflict, "account a was changed", ""),
        ] {
            assert_eq!(where_to_look(&Problem::new(status, code, detail)), expected, "{detail}");
        }
    }
}
