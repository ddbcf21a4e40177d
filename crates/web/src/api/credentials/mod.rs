//! `/v1/credentials`.

mod view;

use api::bans::LiftedView;
use api::credentials::{AddCredential, CredentialView, EditCredential, IssuedView, Reset};
use api::page::{Page, PageQuery};
use api::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::{CredentialChange, NewAccess, NewCredential, NewIntakeRules, PublicNetworks};
use model::credential::Lane;
use relay::login::{Ban, Banned, login_key};
use secrecy::{ExposeSecret as _, SecretString};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::view::{Known, view};
use super::{Api, Calling, bans};
use crate::api::pages::{Order, cut};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(validate))
        .routes(routes!(show, edit, remove))
        .routes(routes!(unlock))
        .routes(routes!(reset))
}

/// List the credentials of all accounts.
#[utoipa::path(
    get, path = "/v1/credentials", operation_id = "list_credentials", tag = "credentials",
    params(PageQuery),
    responses((status = 200, description = "A page of credentials, by login", body = Page<CredentialView>)),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CredentialView>>, ApiError> {
    let known = Known::now(&api).await?;
    let credentials = control.credentials()?;
    let views = credentials.iter().map(|one| view(&control, &known, one));
    Ok(Json(cut(views, |view| view.login.clone(), Order::Ascending, &query)?))
}

/// Show a credential.
#[utoipa::path(
    get, path = "/v1/credentials/{login}", operation_id = "show_credential", tag = "credentials",
    params(("login" = String, Path, description = "The login")),
    responses((status = 200, description = "The credential", body = CredentialView)),
)]
async fn show(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(login): Path<String>,
) -> Result<Json<CredentialView>, ApiError> {
    let credential = control.credential(&login)?;
    Ok(Json(view(&control, &Known::now(&api).await?, &credential)))
}

/// Unlock a credential. Networks that are locked stay so.
#[utoipa::path(
    post, path = "/v1/credentials/{login}/locks:lift", operation_id = "unlock_credential", tag = "credentials",
    params(("login" = String, Path, description = "The login")),
    responses((status = 200, description = "What was unlocked", body = LiftedView)),
)]
async fn unlock(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(login): Path<String>,
) -> Result<Json<LiftedView>, ApiError> {
    let credential = control.credential_to_change(&login)?;
    let login = credential.login.as_str();
    let is_its = |ban: &Ban| match &ban.what {
        Banned::Login(banned) | Banned::Place(banned, _) => *banned == login_key(login),
        Banned::Network(_) => false,
    };
    let locks: Vec<Ban> = api.relay.logins().bans().into_iter().filter(is_its).collect();
    if !locks.is_empty() {
        control.enter_unlock(login, bans::described(&locks)).await?;
    }
    api.relay.logins().lift_login(login);
    Ok(Json(LiftedView { lifted: bans::views(api.relay.logins(), &locks) }))
}

/// Add a credential.
#[utoipa::path(
    post, path = "/v1/credentials", operation_id = "add_credential", tag = "credentials",
    request_body = AddCredential,
    responses((status = 201, description = "The credential was added; its password is shown this once", body = IssuedView)),
    extensions(("x-problems" = json!(["exists", "missing"]))),
)]
async fn add(
    Calling(control): Calling,
    body: Result<Json<AddCredential>, JsonRejection>,
) -> Result<(StatusCode, Json<IssuedView>), ApiError> {
    let Json(body) = body?;
    let issued = control.add_credential(described(body)?).await?;
    let view = IssuedView {
        credential: view(&control, &Known::default(), &issued.credential),
        password: issued.password.map(|password| password.expose_secret().to_owned()),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Check whether each credential can be added, and add none.
#[utoipa::path(
    post, path = "/v1/credentials:validate", operation_id = "validate_credentials", tag = "credentials",
    request_body = Vec<AddCredential>,
    responses((status = 200, description = "For each credential what is wrong with it, or null", body = Vec<Option<Problem>>)),
)]
async fn validate(
    Calling(control): Calling,
    body: Result<Json<Vec<AddCredential>>, JsonRejection>,
) -> Result<Json<Vec<Option<Problem>>>, ApiError> {
    let Json(bodies) = body?;
    let problem = |body| {
        let checked = described(body).and_then(|new| Ok(control.check_credential(new)?));
        checked.err().map(ApiError::into_problem)
    };
    Ok(Json(bodies.into_iter().map(problem).collect()))
}

fn described(body: AddCredential) -> Result<NewCredential, ApiError> {
    let lane = body.lane.as_deref().map(lane).transpose()?.unwrap_or_default();
    Ok(NewCredential {
        access: access(body.access.as_deref(), body.allow_public_networks.into(), body.password)?,
        login: body.login,
        account: body.account,
        senders: body.senders,
        networks: body.networks,
        default_from: body.default_from,
        forced_from: body.forced_from,
        intake: NewIntakeRules {
            reply_to_author: body.reply_to_author,
            reverse_paths: body.reverse_paths,
            reverse_path_anywhere: body.reverse_path_anywhere,
            repairs: body.repairs,
            dsn_to: body.dsn_to,
            deadline_seconds: body.deadline_seconds,
            suppressed: body.suppressed,
        },
        rate_per_minute: body.rate_per_minute,
        lane,
    })
}

/// Change a credential. Members that are absent stay as they are.
#[utoipa::path(
    patch, path = "/v1/credentials/{login}", operation_id = "change_credential", tag = "credentials",
    params(("login" = String, Path, description = "The login")),
    request_body = EditCredential,
    responses((status = 200, description = "The credential as it is now", body = CredentialView)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn edit(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(login): Path<String>,
    body: Result<Json<EditCredential>, JsonRejection>,
) -> Result<Json<CredentialView>, ApiError> {
    let Json(body) = body?;
    let change = CredentialChange {
        senders: body.senders,
        networks: body.networks,
        public: body.allow_public_networks.into(),
        password: body.password,
        default_from: body.default_from,
        forced_from: body.forced_from,
        reply_to_author: body.reply_to_author,
        reverse_paths: body.reverse_paths,
        reverse_path_anywhere: body.reverse_path_anywhere,
        repairs: body.repairs,
        suppressed: body.suppressed,
        rate_per_minute: body.rate_per_minute,
        lane: body.lane.as_deref().map(lane).transpose()?,
        dsn_to: body.dsn_to,
        deadline_seconds: body.deadline_seconds,
    };
    let changed = control.change_credential(&login, change).await?;
    Ok(Json(view(&control, &Known::now(&api).await?, &changed)))
}

/// Replace the password of a credential.
#[utoipa::path(
    post, path = "/v1/credentials/{login}/password:reset", operation_id = "reset_password", tag = "credentials",
    params(("login" = String, Path, description = "The login")),
    request_body = Reset,
    responses((status = 200, description = "The new password, shown this once", body = IssuedView)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn reset(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(login): Path<String>,
    body: Result<Json<Reset>, JsonRejection>,
) -> Result<Json<IssuedView>, ApiError> {
    let Json(body) = body?;
    let made = control.reset_password(&login, body.password).await?;
    let credential = control.credential(&login)?;
    let known = Known::now(&api).await?;
    let password = made.map(|password| password.expose_secret().to_owned());
    Ok(Json(IssuedView { credential: view(&control, &known, &credential), password }))
}

/// Remove a credential.
#[utoipa::path(
    delete, path = "/v1/credentials/{login}", operation_id = "remove_credential", tag = "credentials",
    params(("login" = String, Path, description = "The login")),
    responses((status = 204, description = "It is done")),
)]
async fn remove(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(login): Path<String>,
) -> Result<StatusCode, ApiError> {
    control.remove_credential(&login).await?;
    api.relay.logins().forget(&login);
    Ok(StatusCode::NO_CONTENT)
}

fn lane(word: &str) -> Result<Lane, ApiError> {
    word.parse().map_err(|unknown| ApiError::invalid("lane", unknown))
}

fn access(
    word: Option<&str>,
    public: PublicNetworks,
    password: Option<SecretString>,
) -> Result<NewAccess, ApiError> {
    let access = match (word.unwrap_or("password"), password) {
        ("password", None) => NewAccess::MadePassword,
        ("password", Some(password)) => NewAccess::Password(password),
        ("network", None) => NewAccess::Network(public),
        ("network", Some(_)) => {
            let reason = "a credential that is used without login has none: leave it out";
            return Err(ApiError::invalid("password", reason));
        }
        (other, _) => {
            return Err(ApiError::invalid("access", format!("{other:?} is neither password nor network")));
        }
    };
    if public == PublicNetworks::Allowed && !matches!(access, NewAccess::Network(_)) {
        let reason = "only a credential that is used without login (`access` `network`) can allow them";
        return Err(ApiError::invalid("allow_public_networks", reason));
    }
    Ok(access)
}
