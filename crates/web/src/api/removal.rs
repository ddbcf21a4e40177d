//! Removing accounts: what would be lost, and losing it only when the caller has said how much that is.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use control::Control;
use model::id::QueueId;
use relay::{Told, tell_of_removal};
use serde::{Deserialize, Serialize};
use store::Losses;
use tracing::warn;

use super::{Api, Operator};
use crate::error::ApiError;

/// What is lost with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossesView {
    /// Waiting messages, logins and domains; what `discard` has to say.
    pub count: usize,
    /// Messages that wait, the oldest first.
    pub messages: Vec<WaitingView>,
    /// Logins whose mail goes through it.
    pub logins: Vec<String>,
    /// Its sender addresses. They are not counted.
    pub senders: Vec<String>,
    /// Domains that it is to have at Azure. They stay there; Postern forgets that it set them up.
    pub domains: Vec<String>,
    /// Connections to DNS providers that wrote their records. They stay.
    pub dns_connections: Vec<String>,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingView {
    /// Its queue id.
    pub id: String,
    /// Who gets a notice, if anybody does.
    pub sender: Option<String>,
}

/// What came of a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedView {
    /// The account.
    pub removed: String,
    /// Messages whose senders get a notice, by queue id.
    pub told: Vec<String>,
    /// Messages whose senders cannot be told, by queue id.
    pub untold: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Remove {
    #[serde(default)]
    discard: Option<usize>,
}

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/accounts/{name}/removal", get(losses))
}

async fn losses(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<LossesView>, ApiError> {
    Ok(Json(api.control.losses(&name).await?.into()))
}

pub(super) async fn remove(
    State(api): State<Api>,
    Operator(control): Operator,
    Path(name): Path<String>,
    Query(query): Query<Remove>,
) -> Result<Json<RemovedView>, ApiError> {
    let losses = control.losses(&name).await?;
    let (count, view) = (losses.count(), LossesView::from(losses.clone()));
    if query.discard.unwrap_or(0) != count {
        return Err(in_use(&name, &view));
    }
    if count == 0 {
        control.remove_account(&name).await?;
        return Ok(Json(RemovedView { removed: name, ..RemovedView::default() }));
    }
    let told = discard(&api, &control, (&name, losses)).await?;
    let ids = |ids: Vec<QueueId>| ids.iter().map(ToString::to_string).collect();
    Ok(Json(RemovedView { removed: name, told: ids(told.told), untold: ids(told.untold) }))
}

/// The account is disabled, the senders are told, and then all of it goes at once.
async fn discard(api: &Api, control: &Control, (name, losses): (&str, Losses)) -> Result<Told, ApiError> {
    let removal = control.begin_removal(name, &losses).await?;
    let messages: Vec<QueueId> = removal.losses.messages.iter().map(|message| message.id).collect();
    let source = (&api.clock, &api.entropy);
    let told = tell_of_removal((&api.store, &api.settings), source, &removal.account, &messages).await?;
    warn!(
        account = name,
        messages = messages.len(),
        untold = told.untold.len(),
        "an account is removed with its waiting mail"
    );
    control.finish_removal(removal, &told.untold).await?;
    Ok(told)
}

fn in_use(name: &str, view: &LossesView) -> ApiError {
    let text = format!(
        "account {name} cannot be removed just so: {} waiting messages, {} logins and {} domains would be lost. Whoever \
         wants that says discard={}",
        view.messages.len(),
        view.logins.len(),
        view.domains.len(),
        view.count
    );
    ApiError::conflict("in_use", text, view)
}

impl From<Losses> for LossesView {
    fn from(losses: Losses) -> Self {
        let waiting = losses.messages.iter().map(|message| WaitingView {
            id: message.id.to_string(),
            sender: message.reverse_path.mailbox().map(ToString::to_string),
        });
        Self {
            count: losses.count(),
            messages: waiting.collect(),
            logins: losses.credentials,
            senders: losses.senders,
            domains: losses.domains,
            dns_connections: losses.connections,
        }
    }
}
