//! Passing alarms on: to a web hook, and by mail through an account that is not the one in trouble.

use std::sync::Arc;

use azure_client::Http;
use azure_client::hook::post;
use clock::Clock;
use control::watch::{Alarm, Raise};
use message::compose::Composer;
use model::account::Account;
use model::webhook::WebhookKind;
use relay::RelaySettings;
use relay::intake::{Envelope, Intake, Internal, InternalKind, Principal, WholeMessage};
use serde_json::json;
use smtp::address::Mailbox;
use smtp::path::ReversePath;
use store::{NewNotice, Store};
use tracing::warn;

use crate::config::AlarmSettings;

/// What it takes to pass alarms on.
pub(crate) struct Alarms {
    pub(crate) store: Store,
    pub(crate) settings: AlarmSettings,
    pub(crate) relay: Arc<RelaySettings>,
    pub(crate) clock: Clock,
    pub(crate) intake: Intake,
}

impl Alarms {
    /// The function that does it.
    pub(crate) fn raise(self) -> Raise {
        let alarms = Arc::new(self);
        Arc::new(move |alarm| {
            let alarms = Arc::clone(&alarms);
            Box::pin(async move { alarms.pass_on(&alarm).await })
        })
    }

    async fn pass_on(&self, alarm: &Alarm) {
        tokio::join!(self.by_hook(alarm), self.by_mail(alarm), self.to_webhooks(alarm));
    }

    /// Tells the web hooks of the API. Those that fail are not told of themselves.
    async fn to_webhooks(&self, alarm: &Alarm) {
        if alarm.code.starts_with("webhook_") {
            return;
        }
        let notice = NewNotice {
            at: self.clock.now(),
            kind: WebhookKind::of_problem(&alarm.code),
            account: alarm.account.as_ref().map(|account| (account.id, account.name.to_string())),
            code: alarm.code.clone(),
            message: alarm.message.clone(),
        };
        if let Err(error) = self.store.webhooks().notice(notice).await {
            warn!(error = model::error_chain(&error), "an alarm could not be stored for web hooks");
        }
    }

    async fn by_hook(&self, alarm: &Alarm) {
        let Some(url) = &self.settings.web_hook else { return };
        let body = json!({
            "account": alarm.account.as_ref().map(|account| account.name.as_str()),
            "code": alarm.code,
            "message": alarm.message,
            "at": self.clock.now(),
        });
        let sent = match Http::for_hooks() {
            Ok(http) => post(&http, url, &body, self.clock.now()).await.map_err(|failure| failure.chain()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = sent {
            warn!(error, "an alarm could not be sent to the web hook");
        }
    }

    async fn by_mail(&self, alarm: &Alarm) {
        let Some(to) = &self.settings.mail_to else { return };
        let Some((account, from)) = self.messenger(alarm.account.as_deref()) else {
            warn!("an alarm cannot be sent by mail: no account has a sender");
            return;
        };
        let bytes = compose(&from, to, alarm, &self.relay.host_name);
        let message = WholeMessage {
            envelope: Envelope::internal(ReversePath::Mailbox(from)),
            recipients: vec![to.clone().into()],
            bytes,
        };
        let sender = Principal::Internal(Internal { kind: InternalKind::Alarm, account });
        if let Err(rejection) = self.intake.submit(&sender, message).await {
            warn!(error = model::error_chain(&rejection), "an alarm could not be queued as mail");
        }
    }

    /// An account to send through and one of its senders: another one than that in trouble, if there is one.
    fn messenger(&self, troubled: Option<&Account>) -> Option<(Arc<Account>, Mailbox)> {
        let directory = self.store.directory();
        let mut able: Vec<(bool, Arc<Account>, Mailbox)> = directory
            .accounts()
            .filter(|account| account.is_enabled())
            .filter_map(|account| {
                let sender = directory.senders(account.id).map(|one| one.mailbox.clone());
                let first = sender.min_by_key(ToString::to_string)?;
                let is_troubled = troubled.is_some_and(|troubled| account.id == troubled.id);
                Some((is_troubled, Arc::clone(account), first))
            })
            .collect();
        able.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
        able.into_iter().next().map(|(_, account, mailbox)| (account, mailbox))
    }
}

fn compose(from: &Mailbox, to: &Mailbox, alarm: &Alarm, host: &str) -> Vec<u8> {
    let about = alarm.account.as_ref();
    let about = about.map_or_else(|| "the server".to_owned(), |account| format!("account {}", account.name));
    Composer::default()
        .field("From", &from.to_string())
        .field("To", &to.to_string())
        .field("Subject", &format!("Postern: {about}"))
        .field("Auto-Submitted", "auto-generated")
        .text(&format!("{}\n\nThis is from the server {host}.", alarm.message))
}
