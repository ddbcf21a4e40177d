//! `postern demo`: twin and server in one process, seeded, and a first message through both.

mod card;
mod folder;
mod provision;
mod seed;
mod story;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context as _;
use api::accounts::AccountView;
use api::credentials::IssuedView;
use azure_client::credential::IdentityEndpoint;
use clock::{Clock, Sources};
use control::watch::WatchSettings;
use model::repair::Repairs;
use relay::{EntraSettings, RelaySettings};
use smtp_server::Timeouts;
use smtp_server::admission::AdmissionLimits;
use store::Volatile;
use tokio::net::TcpListener;
use twin::{Options, Twin};

use crate::cli;
use crate::config::raw::{ListenerLogin, LogFormat, Mode};
use crate::config::{AlarmSettings, Config, Listener};
use crate::process::asked_to_stop;
use crate::server::Server;

use self::folder::Folder;

/// Ports that are used if they are free.
const HTTPS_PORT: u16 = 8_443;
const TWIN_SMTP_PORT: u16 = 8_587;
const INSPECT_PORT: u16 = 8_080;
const STARTTLS_PORT: u16 = 2_587;
const TLS_PORT: u16 = 2_465;

pub(crate) async fn demo(arguments: cli::Demo) -> anyhow::Result<ExitCode> {
    let folder = Folder::claim(arguments.data_dir.as_deref())?;
    let twin = start_twin(&folder).await?;
    let server = start_server(&folder, &twin).await?;
    card::heading(&folder, &twin);
    let account = seed::connect(&server, &twin).await.context("the demo's account cannot be connected")?;
    let issued = provision::provision(&server, &account).await.context("the demo could not be set up")?;
    let demo = Demo::of(&server, account, issued);
    story::tell(&server, &twin, &demo).await.context("the demo's message did not arrive")?;
    if !arguments.once {
        card::print(&server, &twin, &demo);
        asked_to_stop().await?;
    }
    server.stop().await;
    twin.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// What there is to send with.
struct Demo {
    /// The device's login.
    login: String,
    password: String,
    /// What it sends from.
    sender: String,
    /// The login with the app's own secret.
    entra_login: String,
    /// Port with STARTTLS.
    starttls_port: u16,
    /// Port with TLS.
    tls_port: u16,
}

impl Demo {
    fn of(server: &Server, account: AccountView, issued: IssuedView) -> Self {
        let port = |mode| {
            let found = server.addresses.iter().find(|(_, other)| *other == mode);
            found.map(|(address, _)| address.port()).unwrap_or_default()
        };
        Self {
            password: issued.made().to_owned(),
            login: issued.credential.login,
            sender: format!("scanner@{}", provision::DOMAIN),
            entra_login: account.entra_login.unwrap_or_default(),
            starttls_port: port(Mode::Starttls),
            tls_port: port(Mode::Tls),
        }
    }
}

async fn start_twin(folder: &Folder) -> anyhow::Result<Twin> {
    let twin = Twin::start(Options {
        data_dir: Some(folder.path().join("twin")),
        listen: free(HTTPS_PORT).await,
        smtp_listen: free(TWIN_SMTP_PORT).await,
        inspect_listen: free(INSPECT_PORT).await,
        ..Options::ephemeral(Clock::system())
    })
    .await
    .context("the twin does not start")?;
    // Azure takes minutes for this; nobody wants to watch them go by.
    twin.backend().change_state(|state| {
        state.behaviour.provisioning_seconds = 1;
        state.behaviour.verification_seconds = 1;
    });
    Ok(twin)
}

async fn start_server(folder: &Folder, twin: &Twin) -> anyhow::Result<Server> {
    let ready = twin.ready();
    let listener = |address, mode| Listener {
        address,
        mode,
        login: ListenerLogin::Required,
        networks: Vec::new(),
        repairs: Repairs::default(),
    };
    let config = Config {
        identity: IdentityEndpoint::default(),
        watch: WatchSettings::default(),
        alarms: AlarmSettings::default(),
        metrics: None,
        events: Default::default(),
        name_server: twin.ready().dns.parse().ok(),
        data_dir: folder.path().join("server"),
        volatile: Volatile::Allowed,
        master_key: None,
        store: store::Options::default(),
        listeners: vec![
            listener(free(STARTTLS_PORT).await, Mode::Starttls),
            listener(free(TLS_PORT).await, Mode::Tls),
        ],
        certificates: Vec::new(),
        admission: AdmissionLimits { sessions: 1_000, sessions_per_network: 1_000 },
        timeouts: Timeouts::default(),
        relay: RelaySettings {
            host_name: "relay.contoso.example".to_owned(),
            entra: EntraSettings { tenants: [ready.tenant_id].into(), ..EntraSettings::default() },
            ..RelaySettings::default()
        },
        log: String::new(),
        log_format: LogFormat::Text,
        log_addresses: Default::default(),
    };
    Server::start(config, Sources::system()).await.context("the server does not start")
}

/// A port of the loopback: the wanted one, or any if that is taken.
async fn free(port: u16) -> SocketAddr {
    let wanted = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    match TcpListener::bind(wanted).await {
        Ok(_) => wanted,
        Err(_) => SocketAddr::new(wanted.ip(), 0),
    }
}
