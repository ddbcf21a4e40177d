//! `/metrics`: metrics in the text format of Prometheus, taken when somebody asks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use api::verification::Verdict;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use control::Control;
use control::reads::Owned;
use relay::login::{Ban, Banned};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::event_counts::EventResult;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Metrics in the text format of Prometheus.
#[utoipa::path(
    get, path = "/metrics", operation_id = "show_metrics", tag = "status",
    responses((status = 200, description = "The metrics", content_type = "text/plain", body = String)),
)]
async fn metrics(State(api): State<Api>, Calling(control): Calling) -> Result<Response, ApiError> {
    let text = write(&api, &control).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn write(api: &Api, control: &Control) -> Result<String, ApiError> {
    let mut text = Text::default();
    let accounts = control.metrics_of_accounts().await?;
    text.family(
        "postern_secret_expires_seconds",
        "Seconds until the account's secret expires; negative when it has.",
    );
    for Owned { account, item } in &accounts {
        if let Some(at) = item.secret.as_ref().and_then(|secret| secret.expires_at) {
            let seconds = at.duration_since(api.clock.now()).as_secs();
            text.sample("account", account.name.as_str(), seconds);
        }
    }
    text.family("postern_account_ready", "Whether the last verification said that the account can send.");
    for Owned { account, item } in &accounts {
        if let Some(kept) = &item.verified {
            let is_ready = Verdict::of_kept(&kept.verdict) != Some(Verdict::NotReady);
            text.sample("account", account.name.as_str(), i64::from(is_ready));
        }
    }
    text.family("postern_account_enabled", "Whether the account is used.");
    for Owned { account, .. } in &accounts {
        text.sample("account", account.name.as_str(), i64::from(account.is_enabled()));
    }
    text.family("postern_problem", "Always 1: something that keeps mail from being accepted or sent now.");
    let found = super::problems::now(api).await?;
    // An account can have the same one several times, such as two domains that are not linked.
    let found: BTreeSet<(&str, &str, &str)> = found
        .iter()
        .map(|one| {
            let account = one.account.as_deref().unwrap_or_default();
            (one.code.as_str(), account, one.code.severity().as_str())
        })
        .collect();
    for (code, account, severity) in found {
        text.samples(&[("code", code), ("account", account), ("severity", severity)], 1);
    }
    text.family("postern_sends", "Requests to Azure that the queue remembers, by state.");
    for (state, count) in control.totals().await?.sends {
        text.sample("state", &state.to_string(), i64::try_from(count).unwrap_or(i64::MAX));
    }
    text.counter(
        "postern_repairs_total",
        "Messages that were repaired on their way in, by login and repair.",
    );
    for used in control.repairs().await? {
        let count = i64::try_from(used.count).unwrap_or(i64::MAX);
        text.samples(&[("login", &used.login), ("repair", &used.repair)], count);
    }
    text.counter(
        "postern_refusals_total",
        "Negative replies since the server started, by code and enhanced status; \"no TLS\" where the handshake failed.",
    );
    for (code, count) in api.relay.refusals().counts() {
        text.sample("reply", &code, i64::try_from(count).unwrap_or(i64::MAX));
    }
    write_events(api, &mut text);
    write_bans(api, &mut text);
    Ok(text.all)
}

fn write_events(api: &Api, text: &mut Text) {
    text.counter(
        "postern_events_total",
        "Events of Event Grid since the server started, by what came of them.",
    );
    for result in EventResult::ALL {
        let count = i64::try_from(api.events().of(result)).unwrap_or(i64::MAX);
        text.sample("result", result.as_str(), count);
    }
}

/// How many are locked. Which are is for `/v1/bans`: a stranger who guesses chooses their names.
fn write_bans(api: &Api, text: &mut Text) {
    text.family(
        "postern_login_bans",
        "Locks after wrong passwords now: of a login, of a network, and of a login in a network where it worked (place).",
    );
    let bans = api.relay.logins().bans();
    let kind = |ban: &Ban| match &ban.what {
        Banned::Login(_) => "login",
        Banned::Network(_) => "network",
        Banned::Place(..) => "place",
    };
    for wanted in ["login", "network", "place"] {
        let count = bans.iter().filter(|ban| kind(ban) == wanted).count();
        text.sample("kind", wanted, i64::try_from(count).unwrap_or(i64::MAX));
    }
}

/// The format: a help line and a type line, then the samples of a family.
#[derive(Default)]
struct Text {
    all: String,
    family: &'static str,
}

impl Text {
    fn family(&mut self, name: &'static str, help: &str) {
        self.begin(name, help, "gauge");
    }

    /// A family whose values only grow.
    fn counter(&mut self, name: &'static str, help: &str) {
        self.begin(name, help, "counter");
    }

    fn begin(&mut self, name: &'static str, help: &str, kind: &str) {
        self.family = name;
        let _ = writeln!(self.all, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, label: &str, value: &str, number: i64) {
        self.samples(&[(label, value)], number);
    }

    fn samples(&mut self, labels: &[(&str, &str)], number: i64) {
        let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let _ = writeln!(self.all, "{}{{{}}} {number}", self.family, labels.join(","));
    }
}
