//! `/v1/bans`: logins and networks that guessed too often.

use std::net::IpAddr;

use api::bans::{BanView, Lift, LiftedView, ListBans};
use api::page::Page;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use ipnet::IpNet;
use relay::login::{Ban, Banned, LoginProtection, login_key};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Query;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(lift))
}

/// List logins and networks that are locked.
#[utoipa::path(
    get, path = "/v1/bans", operation_id = "list_bans", tag = "bans",
    params(ListBans),
    responses((status = 200, description = "A page of locks, the oldest first", body = Page<BanView>)),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<ListBans>,
) -> Result<Json<Page<BanView>>, ApiError> {
    control.caller().may_read_server()?;
    let views = views(api.relay.logins(), &api.relay.logins().bans());
    let key = |ban: &BanView| {
        let since = ban.since.as_millisecond();
        format!(
            "{since:020}/{}/{}",
            ban.login.as_deref().unwrap_or_default(),
            ban.network.as_deref().unwrap_or_default()
        )
    };
    Ok(Json(cut(views, key, Order::Ascending, &query.page())?))
}

/// Unlock a login or a network.
#[utoipa::path(
    post, path = "/v1/bans:lift", operation_id = "lift_bans", tag = "bans",
    request_body = Lift,
    responses((status = 200, description = "What was unlocked", body = LiftedView)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn lift(
    State(api): State<Api>,
    Calling(control): Calling,
    body: Result<Json<Lift>, JsonRejection>,
) -> Result<Json<LiftedView>, ApiError> {
    let which = body?.0.which.trim().to_owned();
    let address = || which.parse::<IpAddr>().ok().map(IpNet::from);
    let network: Option<IpNet> = which.parse().ok().or_else(address);
    let network = network.map(model::network::canonical);
    let is_meant = |ban: &Ban| match (&ban.what, &network) {
        (Banned::Network(banned), Some(network)) => banned.contains(network) || network.contains(banned),
        (Banned::Login(login) | Banned::Place(login, _), None) => *login == login_key(&which),
        _ => false,
    };
    let meant: Vec<Ban> = api.relay.logins().bans().into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(ApiError::not_found(format!("{which} is not locked: `postern bans` lists what is")));
    }
    let subject =
        if network.is_some() { which.clone() } else { api.relay.logins().shown(&login_key(&which)) };
    control.enter_lift(&subject, described(&meant)).await?;
    match network {
        Some(network) => drop(api.relay.logins().lift_network(network)),
        None => drop(api.relay.logins().lift_login(&which)),
    }
    Ok(Json(LiftedView { lifted: views(api.relay.logins(), &meant) }))
}

pub(super) fn views(logins: &LoginProtection, bans: &[Ban]) -> Vec<BanView> {
    bans.iter().map(|ban| view(logins, ban)).collect()
}

fn view(logins: &LoginProtection, Ban { what, spell }: &Ban) -> BanView {
    let (login, network) = match what {
        Banned::Login(login) => (Some(login), None),
        Banned::Place(login, place) => (Some(login), Some(place)),
        Banned::Network(network) => (None, Some(network)),
    };
    BanView {
        kind: if login.is_some() { "login" } else { "network" }.to_owned(),
        network: network.map(|network| model::network::shown(*network)),
        since: spell.since,
        until: spell.until,
        guesses: spell.guesses,
        logins: login.is_none().then_some(spell.breadth),
        networks: login.is_some().then_some(spell.breadth),
        login: login.map(|login| logins.shown(login)),
    }
}

/// Bans in a few words, for the audit log.
pub(super) fn described(bans: &[Ban]) -> String {
    let place = |ban: &Ban| match &ban.what {
        Banned::Login(_) => String::new(),
        Banned::Place(_, place) => format!("at {}, ", model::network::shown(*place)),
        Banned::Network(network) => format!("{network}, "),
    };
    let one = |ban: &Ban| {
        format!("{}{} wrong guesses, locked until {}", place(ban), ban.spell.guesses, ban.spell.until)
    };
    let shown: Vec<String> = bans.iter().take(5).map(one).collect();
    let more = bans.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("{}{more}", shown.join("; "))
}
