//! The management API, asked over its socket as the command line asks it.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::world::{LOOK, PATIENCE, World};

impl World {
    /// What the API answers to a `GET`.
    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.ask("GET", path).await).unwrap()
    }

    /// What the API answers to a `POST` without a body.
    pub async fn post(&self, path: &str) -> Value {
        serde_json::from_str(&self.ask("POST", path).await).unwrap()
    }

    /// Looks until `done` holds, while the clock stands still; says whether it ever did.
    pub async fn comes_about(&self, done: impl AsyncFn() -> bool) -> bool {
        let looking = async {
            while !done().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.is_ok()
    }

    /// Gives whoever was woken the chance to do what is due.
    pub async fn breathe(&self) {
        tokio::time::sleep(20 * LOOK).await;
    }

    /// The text that the API answers, whatever its status is.
    pub async fn ask(&self, method: &str, path: &str) -> String {
        let socket = self.server().data_dir.join(postern::server::SOCKET);
        let mut stream = UnixStream::connect(socket).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\n\r\n{{}}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}
