//! The management API, over its socket.

use e2e::World;
use serde_json::Value;

/// A client of the running server's API.
pub(crate) struct Api(reqwest::Client);

impl Api {
    pub(crate) fn of(world: &World) -> Self {
        let socket = world.server().data_dir.join(postern::server::SOCKET);
        Self(reqwest::Client::builder().unix_socket(socket).no_proxy().build().unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let response = self.0.get(format!("http://postern{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await).unwrap()
    }

    /// The status, and the credential or the error.
    pub(crate) async fn edit(&self, login: &str, change: Value) -> (u16, Value) {
        let request = self.0.patch(format!("http://postern/v1/credentials/{login}")).json(&change);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}
