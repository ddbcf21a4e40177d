//! `postern account edit`.

use anyhow::bail;
use api::accounts::AccountView;
use serde_json::{Map, Value};

use super::input::{FILE, cloud, day, quota, secret};
use super::{path, say_notes};
use crate::cli::AccountEdit;
use crate::client::Client;
use crate::output::{self, GOOD, say};

pub(super) async fn edit(arguments: &AccountEdit) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let mut body: Map<String, Value> = [
        ("name", &arguments.rename),
        ("tenant_id", &arguments.tenant),
        ("client_id", &arguments.client_id),
        ("subscription_id", &arguments.subscription),
        ("service", &arguments.service),
        ("endpoint", &arguments.endpoint),
        ("transport", &arguments.transport),
    ]
    .into_iter()
    .filter_map(|(name, text)| Some((name.to_owned(), text.as_deref()?.into())))
    .collect();
    if arguments.secret || arguments.secret_file.is_some() {
        body.insert(
            "secret".to_owned(),
            secret("new secret", FILE, arguments.secret_file.as_deref())?.into(),
        );
    }
    if let Some(text) = &arguments.secret_expires {
        body.insert("secret_expires_at".to_owned(), day(text)?.to_string().into());
    }
    if let Some(text) = &arguments.quota {
        let quota = quota(if text == "custom-domain" { "30/100" } else { text })?;
        body.insert("quota".to_owned(), quota);
    }
    let numbers =
        [("requests_at_once", arguments.requests_at_once), ("smtp_sessions", arguments.smtp_sessions)];
    body.extend(numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), number?.into()))));
    let cloud = cloud(&arguments.cloud)?;
    if cloud.as_object().is_some_and(|fields| fields.values().any(|field| !field.is_null())) {
        body.insert("cloud".to_owned(), cloud);
    }
    if body.is_empty() {
        bail!("no change given: `postern account edit --help` lists the options");
    }
    let account: AccountView = client.patch(&path(&arguments.name), &body).await?;
    if arguments.connection.json {
        return output::json(&account);
    }
    say_notes(&account);
    say!("{GOOD}Changed account {}.{GOOD:#} Queued mail is retried now.", account.name);
    Ok(())
}
