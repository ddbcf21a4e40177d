//! A message that an Entra login brought, sent while its client waits: the reply is Azure's verdict.

use ::smtp::address::Mailbox;
use ::smtp::client::{Settings, TlsPolicy};
use ::smtp::path::ReversePath;
use ::smtp::sasl::{Login, Proof};
use azure_client::Authorization;
use azure_client::email::EmailApi;
use azure_client::{Answered, Failure};
use azure_types::ids::OperationId;
use smtp_client::{Connection, Target, Timeouts};
use tracing::info;

use super::choice::{Candidate, Choice, Transports, choose};
use super::outcome::{self, Accepted, Deferred, Failed, Matter, Verdict, deferred};
use super::refused::RefusedByRest;
use super::rest::{self, Posted};
use super::smtp::Outgoing;
use super::smtputf8::send_to_whom_it_can;
use super::{Context, control_fields};
use crate::login::EntraLogin;

/// Sends a message with the token of the session that brought it.
pub(crate) async fn submit_directly(
    context: &Context,
    login: &EntraLogin,
    operation: OperationId,
    message: &[u8],
    (reverse_path, recipients): (&ReversePath, &[Mailbox]),
) -> Verdict {
    let (message, left_out) = control_fields::judged(message, context.settings.control_fields);
    if let Some(left_out) = left_out {
        info!(login = login.name, left_out, "a message goes on without what would control Azure");
    }
    let outgoing = Outgoing { message: &message, reverse_path, recipients };
    if recipients.iter().any(|recipient| !recipient.is_ascii()) {
        return by_smtp(login, &outgoing).await;
    }
    let candidate =
        Candidate { message: &message, recipients, sender: None, accepted_at: context.clock.now() };
    match choose(Transports::Both, &candidate) {
        Choice::Rest { message, .. } => {
            let api = EmailApi::new(login.target.http.clone(), login.target.endpoint.clone());
            let authorization = Authorization::Bearer(login.token.access_token.clone());
            let body = EmailApi::body(&message);
            let send = || api.send(&authorization, operation, body.clone(), context.clock.now());
            let result = match send().await {
                // Azure's 401 is a false alarm at times.
                Err(Failure::Answered(Answered { http_status: 401, .. })) => send().await,
                result => result,
            };
            let refused = match rest::sorted(result) {
                Posted::Refused(refused) => refused,
                Posted::Settled(verdict) => return verdict,
            };
            let known = rest::known(api.status(&authorization, operation, context.clock.now()).await);
            match rest::judged(refused, known) {
                Posted::Settled(verdict) => verdict,
                Posted::Refused(refused) => by_smtp_instead(login, &outgoing, &refused).await,
            }
        }
        Choice::Smtp { .. } => by_smtp(login, &outgoing).await,
        Choice::Neither { why } => Verdict::Failed(Failed {
            code: 554,
            status: (6, 3),
            reason: "The message is of a kind that cannot be sent this way.".to_owned(),
            diagnostic: Some(why),
        }),
    }
}

/// What the Email API refused goes by SMTP at once. Where that fails too, the client hears of both.
async fn by_smtp_instead(login: &EntraLogin, outgoing: &Outgoing<'_>, refused: &RefusedByRest) -> Verdict {
    let words = refused.words();
    info!(login = login.name, reason = words, "the Email API refused a message: it goes by SMTP");
    let before = |text: &str| format!("{text}; the Email API had refused it before: {words}");
    match by_smtp(login, outgoing).await {
        Verdict::Failed(failed) => {
            let diagnostic = before(failed.diagnostic.as_ref().unwrap_or(&failed.reason));
            Verdict::Failed(Failed { diagnostic: Some(diagnostic), ..failed })
        }
        Verdict::Deferred(deferred) => {
            Verdict::Deferred(Deferred { text: before(&deferred.text), ..deferred })
        }
        Verdict::Accepted(accepted) => {
            let text = format!("{} (by SMTP, because the Email API refused it: {words})", accepted.text);
            Verdict::Accepted(Accepted { text, ..accepted })
        }
    }
}

async fn by_smtp(login: &EntraLogin, outgoing: &Outgoing<'_>) -> Verdict {
    let trust = match tls::client_config(login.target.ca_pem.as_deref()) {
        Ok(trust) => trust,
        Err(error) => return deferred(crate::reply_for::chain(&error), Matter::Unreachable, None),
    };
    let (host, port) = login.target.smtp.clone();
    let target = Target { host, port, trust, timeouts: Timeouts::default() };
    let settings = Settings {
        client_name: "postern".to_owned(),
        tls: TlsPolicy::StartTls,
        login: Some(Login {
            name: login.name.clone(),
            proof: Proof::Token(login.token.access_token.clone()),
        }),
    };
    let mut connection = match Connection::open(&target, settings).await {
        Ok(connection) => connection,
        Err(error) => return outcome::of_session(&error),
    };
    let verdict = match send_to_whom_it_can(&mut connection, outgoing).await {
        Ok(verdict) => verdict,
        Err(error) => outcome::of_session(&error),
    };
    connection.quit().await;
    verdict
}
