//! `/metrics`: metrics in the text format of Prometheus, taken when somebody asks.
//!
//! [`families`] lists all of them, [`text`] writes the format; [`accounts`], [`mail`] and this file take their values.

mod accounts;
mod families;
mod mail;
mod text;

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use control::Control;
use model::delivery::SendState;
use relay::problems::{Observed, problems};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::families::{
    BUILD_INFO, CERTIFICATE_EXPIRES, DISK_FREE, DISK_RESERVE, DISK_SIZE, PROBLEM, QUEUE_EMPTY, REPAIRS,
    SENDS, START_TIME,
};
use self::text::Text;
use super::{Api, Calling};
use crate::error::ApiError;

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
    text.begin(&BUILD_INFO).sample([env!("CARGO_PKG_VERSION")], 1);
    text.begin(&START_TIME).sample([], api.started_at.as_second());
    let observed = super::problems::observed(api).await?;
    write_problems(api, &observed, &mut text);
    accounts::write(api, &accounts, &mut text).await;
    accounts::write_queue(api, control, &accounts, &mut text).await?;
    write_certificates(api, &mut text);
    let counts = control.totals().await?.sends;
    let mut samples = text.begin(&SENDS);
    for state in SendState::ALL {
        let count = counts.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| *count);
        samples.sample([state.as_str()], count);
    }
    write_queues(api, &observed, &mut text);
    mail::write(api, control, &*control.store_meters()?, &mut text);
    let mut samples = text.begin(&REPAIRS);
    for used in control.repairs().await? {
        samples.sample([&used.login, &used.repair], used.count);
    }
    if let Some(disk) = &observed.disk {
        text.begin(&DISK_FREE).sample([], disk.free_bytes);
        text.begin(&DISK_SIZE).sample([], disk.size_bytes);
        text.begin(&DISK_RESERVE).sample([], disk.reserve_bytes);
    }
    Ok(text.all)
}

fn write_problems(api: &Api, observed: &Observed, text: &mut Text) {
    let found = problems(observed, api.clock.now());
    // An account can have the same one several times, such as two domains that are not linked.
    let found: BTreeSet<(&str, &str, &str)> = found
        .iter()
        .map(|one| {
            let account = one.account.as_deref().unwrap_or_default();
            (one.code.as_str(), account, one.code.severity().as_str())
        })
        .collect();
    let mut samples = text.begin(&PROBLEM);
    for (code, account, severity) in found {
        samples.sample([code, account, severity], 1);
    }
}

fn write_queues(api: &Api, observed: &Observed, text: &mut Text) {
    let mut samples = text.begin(&QUEUE_EMPTY);
    for account in &observed.accounts {
        let left = account.empty_at.map(|at| at.duration_since(api.clock.now()).as_secs().max(0));
        if let Some(left) = left.or((account.waiting == 0).then_some(0)) {
            samples.sample([account.name.as_str()], left);
        }
    }
}

fn write_certificates(api: &Api, text: &mut Text) {
    let mut samples = text.begin(&CERTIFICATE_EXPIRES);
    for (key, at) in api.listening.certificates() {
        samples.sample([key], at.duration_since(api.clock.now()).as_secs());
    }
}

#[cfg(test)]
mod tests {
    use super::families::ALL;

    #[test]
    fn names_say_what_a_metric_is() {
        for family in ALL {
            assert!(family.name.starts_with("postern_"), "{family:?}");
            assert_eq!(family.name.ends_with("_total"), family.kind == "counter", "{family:?}");
            let in_seconds = family.name.ends_with("_seconds") || family.name.ends_with("_messages");
            assert!(family.kind != "histogram" || in_seconds, "{family:?}");
            assert!(!family.help.trim().is_empty() && !family.help.contains('\n'), "{family:?}");
        }
    }
}
