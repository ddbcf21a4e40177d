//! Which account is meant, and its desired state.

use std::fs;

use anyhow::{Context as _, bail};
use api::accounts::AccountView;
use api::infrastructure::manifest::Manifest;

use super::path;
use crate::cli::Desired;
use crate::client::Client;
use crate::config;

/// The account that is meant, and what a file says, if there is one.
pub(super) async fn read(client: &Client, desired: &Desired) -> anyhow::Result<(String, Option<Manifest>)> {
    let Some(file) = &desired.file else {
        return Ok((account(client, desired.account.as_deref()).await?, None));
    };
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let manifest: Manifest = config::document(file, &text)?;
    let name = desired.account.as_deref().or(manifest.account.as_deref());
    let account = account(client, name).await?;
    Ok((account, Some(Manifest { account: None, ..manifest })))
}

/// The account of that name, or the only one.
pub(crate) async fn account(client: &Client, name: Option<&str>) -> anyhow::Result<String> {
    if let Some(name) = name {
        return Ok(name.to_owned());
    }
    let accounts: Vec<AccountView> = client.list("/v1/accounts", &[]).await?;
    match &accounts[..] {
        [only] => Ok(only.name.clone()),
        [] => bail!("there is no account yet: `postern account guide` leads to one"),
        several => {
            let names: Vec<&str> = several.iter().map(|one| one.name.as_str()).collect();
            bail!("{}", say_which(&names))
        }
    }
}

/// The account that a domain is added to.
pub(crate) async fn account_of(client: &Client, name: Option<&str>, domain: &str) -> anyhow::Result<String> {
    if let Some(name) = name {
        return Ok(name.to_owned());
    }
    let accounts: Vec<AccountView> = client.list("/v1/accounts", &[]).await?;
    let wanted = domain.trim().trim_end_matches('.').to_ascii_lowercase();
    let mut found = Vec::new();
    for account in &accounts {
        // Other accounts have no desired state yet.
        let Ok(manifest) =
            client.get::<Manifest>(&format!("{}/infrastructure", path(&account.name)), &[]).await
        else {
            continue;
        };
        if manifest.domain.contains_key(&wanted) {
            found.push(account.name.clone());
        }
    }
    match &found[..] {
        [only] => Ok(only.clone()),
        [] => {
            bail!("no account has {wanted} in its desired state: `postern domain list` shows what there is")
        }
        several => bail!("{}", say_which(&several.iter().map(String::as_str).collect::<Vec<_>>())),
    }
}

/// What is to be given where one of several accounts is meant.
fn say_which(names: &[&str]) -> String {
    format!("say which account is meant, with --account NAME; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_and_the_accounts_are_named() {
        let expected = "say which account is meant, with --account NAME; there are contoso, fabrikam";
        assert_eq!(say_which(&["contoso", "fabrikam"]), expected);
    }
}
