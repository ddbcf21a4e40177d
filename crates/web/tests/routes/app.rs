//! The real router on its socket, over a store in a folder of its own, and a client that speaks HTTP to it.

use api::status::ListenerView;
use clock::{Clock, Entropy, Sources};
use control::{
    AuthenticationMethod, Control, NewAccess, NewAccount, NewCloud, NewCredential, NewIntakeRules, NewSender,
};
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::credential::Lane;
use model::quota::Quota;
use relay::intake::{Intake, IntakeParts};
use relay::login::LoginProtection;
use relay::refusals::Refusals;
use relay::smtp::SmtpService;
use relay::{Delivery, RelayHandle, RelayParts, RelaySettings, Upstreams};
use serde_json::Value;
use smtp_server::admission::{Admission, AdmissionLimits};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{DataDir, MasterKey, Options, Store, Volatile};
use tempfile::TempDir;
use tls::{Names, ServerIdentity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use web::api::{Api, Lifecycle, Listening};

use crate::contract::{self, Asked};

/// The account that is there.
pub(crate) const ACCOUNT: &str = "contoso";
/// The sender that it has.
pub(crate) const SENDER: &str = "scanner@contoso.example";
/// Where the clock stands.
pub(crate) const NOW: &str = "2027-01-15T08:00:00Z";

/// A server's management API, with one account, one sender and one credential.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) control: Control,
    pub(crate) logins: Arc<LoginProtection>,
    pub(crate) refusals: Refusals,
    pub(crate) lifecycle: Lifecycle,
    socket: PathBuf,
    /// Where Event Grid posts.
    pub(crate) hooks: SocketAddr,
    folder: TempDir,
    _shutdown: tokio_util::sync::DropGuard,
    /// Audit entries that were there at the start.
    entries: usize,
}

/// A certificate that signs itself.
fn identity(folder: &Path) -> Arc<ServerIdentity> {
    let names = Names { hosts: vec!["relay.contoso.example".to_owned()], addresses: Vec::new() };
    let (certificate, key) = tls::self_signed(&names).unwrap();
    let files = [folder.join("certificate.pem"), folder.join("key.pem")];
    std::fs::write(&files[0], certificate).unwrap();
    std::fs::write(&files[1], key).unwrap();
    ServerIdentity::load(&files[0], &files[1]).unwrap()
}

/// What an app finds when it starts.
pub(crate) struct Surroundings {
    pub(crate) clock: Clock,
    /// Asked for DNS in place of the system's.
    pub(crate) name_server: Option<SocketAddr>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { clock: Clock::standing(NOW.parse().unwrap()), name_server: None }
    }
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    /// As it came.
    pub(crate) text: String,
    /// As JSON; null if it is not.
    pub(crate) body: Value,
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::start_in(Surroundings::default()).await
    }

    pub(crate) async fn start_in(surroundings: Surroundings) -> Self {
        let Surroundings { clock, name_server } = surroundings;
        let folder = tempfile::tempdir().unwrap();
        let sources = || Sources { clock: clock.clone(), entropy: Entropy::repeatable(1) };
        let data_dir = DataDir::open(&folder.path().join("data"), Volatile::Allowed).unwrap();
        let store =
            Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &Options::default(), clock.now()).unwrap();
        let control = Control::new(store.clone(), sources(), Default::default());
        let control = match name_server {
            Some(address) => control.asking(address),
            None => control,
        };
        seed(&control).await;
        let settings = Arc::new(RelaySettings {
            host_name: "relay.contoso.example".to_owned(),
            max_message_bytes: 10_000,
            max_recipients: 3,
            ..RelaySettings::default()
        });
        let upstreams = Arc::new(Upstreams::new(store.clone(), sources(), Default::default()));
        let delivery = Delivery::new(Arc::clone(&upstreams), Arc::clone(&settings), clock.clone());
        let intake = Intake::new(IntakeParts {
            store: store.clone(),
            settings: Arc::clone(&settings),
            onward: Arc::new(delivery),
            clock: clock.clone(),
            entropy: Entropy::repeatable(1),
        });
        let smtp = SmtpService::new(intake.clone()).unwrap();
        let (logins, refusals) = (Arc::clone(smtp.protection()), smtp.refusals());
        let (guard, noted) = (Arc::clone(&logins), refusals.clone());
        let limits = AdmissionLimits { sessions: 10, sessions_per_network: 10 };
        let parts = RelayParts { intake, upstreams, logins, refusals, admission: Admission::new(limits) };
        let relay = RelayHandle::new(store.clone(), parts, sources());
        let api = Api::new(control.clone(), relay, clock.clone());
        let listener = ListenerView {
            address: "127.0.0.1:587".parse().unwrap(),
            mode: "starttls".to_owned(),
            login: "required".to_owned(),
        };
        let lifecycle = Lifecycle::default();
        let api = api.listening(Listening {
            listeners: vec![listener],
            self_signed: true,
            identity: Some(identity(folder.path())),
            lifecycle: lifecycle.clone(),
        });
        let api = api.taking_events_at(Some("https://mail.contoso.example".parse().unwrap()));
        let socket = folder.path().join("api.sock");
        let hooks = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook_address = hooks.local_addr().unwrap();
        let listener = web::bind_socket(&socket).unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(web::serve_tcp(hooks, web::hooks(api.clone()), web::Seats::HOOKS, shutdown.clone()));
        tokio::spawn(web::serve_socket(listener, api.routes(), shutdown.clone()));
        let mut app = Self {
            store,
            control,
            logins: guard,
            refusals: noted,
            lifecycle,
            socket,
            hooks: hook_address,
            folder,
            _shutdown: shutdown.drop_guard(),
            entries: 0,
        };
        app.entries = app.changes().await;
        app
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "", "").await
    }

    /// Asks with a body of JSON.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, "application/json", &body.to_string()).await
    }

    /// Asks over a connection of its own.
    pub(crate) async fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> Answer {
        let mut stream = UnixStream::connect(&self.socket).await.unwrap();
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        let is_chunked = head.contains("transfer-encoding: chunked");
        let text = if is_chunked { joined(text) } else { text.to_owned() };
        let answer = Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            head,
            text,
        };
        contract::must_hold(&Asked { method, path, body }, &answer);
        answer
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("data").join("postern.db")
    }

    /// How many changes were entered into the audit log since the start.
    pub(crate) async fn changes(&self) -> usize {
        self.store.audit().list(String::new(), None, 1_000).await.unwrap().len() - self.entries
    }
}

impl Answer {
    /// Status, code and field of an error.
    pub(crate) fn error(&self) -> (u16, &str, Option<&str>) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        assert_eq!(self.body["status"], self.status, "{}", self.text);
        (self.status, self.body["code"].as_str().unwrap_or_default(), self.body["field"].as_str())
    }

    /// An error's sentence.
    pub(crate) fn message(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// The text of chunks (RFC 9112 section 7.1).
fn joined(mut chunks: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        text.push_str(&rest[..size]);
        chunks = rest[size..].strip_prefix("\r\n").unwrap();
    }
    text
}

/// Nothing of this asks Azure.
async fn seed(control: &Control) {
    let guid = |digit: &str| format!("{}-aaaa-4aaa-8aaa-aaaaaaaaaaaa", digit.repeat(8));
    let account = NewAccount {
        name: ACCOUNT.to_owned(),
        tenant_id: guid("1"),
        client_id: guid("2"),
        authentication: AuthenticationMethod::AccessKey(
            "c2VjcmV0IHRoYXQgb3BlbnMgbm90aGluZyBhdCBhbGw=".into(),
        ),
        expires_at: None,
        subscription_id: guid("3"),
        service: Some("contoso-mail".to_owned()),
        endpoint: Some("https://localhost:1".to_owned()),
        cloud: NewCloud::default(),
        transport: TransportChoice::Auto,
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
    };
    control.add_account(account).await.unwrap();
    let sender = NewSender { account: ACCOUNT.to_owned(), mailbox: SENDER.to_owned(), display_name: None };
    control.add_sender(sender).await.unwrap();
    let credential = NewCredential {
        login: "scanner1".to_owned(),
        account: ACCOUNT.to_owned(),
        access: NewAccess::MadePassword,
        senders: Vec::new(),
        networks: Vec::new(),
        default_from: None,
        forced_from: None,
        intake: NewIntakeRules::default(),
        rate_per_minute: None,
        lane: Lane::Normal,
    };
    control.add_credential(credential).await.unwrap();
}
