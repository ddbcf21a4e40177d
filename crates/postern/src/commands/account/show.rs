//! `postern account list` and `show`.

use api::accounts::{AccountView, OutageView};
use api::verification::Verdict;

use super::path;
use crate::cli::{Connection, Named};
use crate::client::Client;
use crate::output::{self, BAD, Cell, GOOD, WAITING, cell};

pub(super) async fn list(connection: &Connection) -> anyhow::Result<()> {
    let accounts: Vec<AccountView> = Client::new(connection)?.list("/v1/accounts", &[]).await?;
    if connection.json {
        return output::json(&accounts);
    }
    let rows = accounts
        .into_iter()
        .map(|account| {
            let day = account.quota.sends_per_day.map(|day| format!(", {day}/d")).unwrap_or_default();
            let quota =
                format!("{}/min, {}/h{day}", account.quota.sends_per_minute, account.quota.sends_per_hour);
            [
                cell(&account.name),
                state(&account),
                cell(account.service.as_deref().unwrap_or("none chosen")),
                cell(quota),
                cell(account.senders),
                expiry(&account),
            ]
        })
        .collect();
    let empty = "There is no account yet: `postern account guide` shows how to connect one.";
    output::table(["Account", "State", "Service", "Quota", "Senders", "Secret"], rows, empty);
    Ok(())
}

pub(super) async fn show(arguments: &Named) -> anyhow::Result<()> {
    let client = Client::new(&arguments.connection)?;
    let account: AccountView = client.get(&path(&arguments.name), &[]).await?;
    if arguments.connection.json {
        return output::json(&account);
    }
    let none = || "none chosen".to_owned();
    output::pairs(&[
        ("Name", account.name.clone()),
        ("State", account.state.clone()),
        ("Sending", sending(&account)),
        ("Verified", verified(&account)),
        ("Tenant id", account.tenant_id.clone()),
        ("Client id", account.client_id.clone()),
        ("Subscription id", account.subscription_id.clone()),
        ("Service", account.service.clone().unwrap_or_else(none)),
        ("Endpoint", account.endpoint.clone().unwrap_or_else(none)),
        (
            "Cloud",
            account
                .cloud
                .as_ref()
                .map_or_else(|| "public".to_owned(), |cloud| format!("{}, {}", cloud.name, cloud.authority)),
        ),
        ("Secret", secret(&account)),
        ("Transport", account.transport.clone()),
        (
            "Quota",
            format!(
                "{} a minute, {} an hour{}",
                account.quota.sends_per_minute,
                account.quota.sends_per_hour,
                account.quota.sends_per_day.map(|day| format!(", {day} a day")).unwrap_or_default()
            ),
        ),
        (
            "At once",
            format!("{} requests, {} SMTP sessions", account.requests_at_once, account.smtp_sessions),
        ),
        ("Senders", account.senders.to_string()),
        ("Entra login", account.entra_login.clone().unwrap_or_else(none)),
        ("Added", output::time(account.created_at)),
    ]);
    Ok(())
}

fn sending(account: &AccountView) -> String {
    match &account.outage {
        Some(outage) => format!("{} ({})", outage_words(outage), outage.message),
        None => "no failure".to_owned(),
    }
}

/// What fails, since when, and when it is tried again.
fn outage_words(outage: &OutageView) -> String {
    let what = match outage.code.as_str() {
        "azure_unreachable" => "unreachable",
        "azure_failing" => "Azure fails",
        "login_refused" => "login refused",
        _ => "unusable",
    };
    let next = outage.next_at.map(|at| format!(", next try {}", output::time(at))).unwrap_or_default();
    format!("{what} since {}{next}", output::time(outage.since))
}

fn verified(account: &AccountView) -> String {
    match &account.verified {
        Some(verified) => {
            let outdated = if verified.is_outdated { "; changed since" } else { "" };
            format!("{}, {}{outdated}", verified.verdict.title(), output::time(verified.at))
        }
        None => "never".to_owned(),
    }
}

fn secret(account: &AccountView) -> String {
    let kind = account.authorization.replace('_', " ");
    let (Some(hint), Some(set_at)) = (&account.secret_hint, account.secret_set_at) else { return kind };
    let end = match account.secret_expires_at {
        Some(at) => format!("expires {}", at.strftime("%Y-%m-%d")),
        None => "expiry unknown".to_owned(),
    };
    format!("{kind}, begins with {hint}, set {}, {end}", output::time(set_at))
}

/// One word: what is worst about the account.
fn state(account: &AccountView) -> Cell {
    if let (Some(outage), "enabled") = (&account.outage, account.state.as_str()) {
        return cell(outage_words(outage)).styled(BAD);
    }
    let verdict = account.verified.as_ref().map(|verified| verified.verdict);
    match (account.state.as_str(), verdict) {
        ("disabled", _) => cell("disabled").styled(WAITING),
        (_, Some(_)) if account.verified.as_ref().is_some_and(|verified| verified.is_outdated) => {
            cell("changed since verified").styled(WAITING)
        }
        (_, Some(Verdict::Ready)) => cell("ready").styled(GOOD),
        (_, Some(Verdict::ReadyWithWarnings)) => cell("warnings").styled(WAITING),
        (_, Some(Verdict::NotReady)) => cell("not ready").styled(BAD),
        (_, None) => cell("not verified").styled(WAITING),
    }
}

/// How many days the secret is still good.
fn expiry(account: &AccountView) -> Cell {
    let Some(at) = account.secret_expires_at else {
        return cell(if account.secret_hint.is_some() { "expiry unknown" } else { "none" });
    };
    match output::days_until(at) {
        ..0 => cell("expired").styled(BAD),
        0 => cell("less than a day").styled(BAD),
        1 => cell("1 day").styled(BAD),
        days @ 2..=14 => cell(format!("{days} days")).styled(BAD),
        days @ 15..=60 => cell(format!("{days} days")).styled(WAITING),
        days => cell(format!("{days} days")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_says_since_when_and_when_it_is_tried_again() {
        let outage = |code: &str, next_at: Option<&str>| OutageView {
            code: code.to_owned(),
            since: "2026-11-28T13:47:00Z".parse().unwrap(),
            attempts: 2,
            next_at: next_at.map(|at| at.parse().unwrap()),
            message: "refused".to_owned(),
        };
        for (code, next_at, words) in [
            ("azure_unreachable", Some("2026-11-28T13:49:00Z"), "unreachable since T13:47, next try T13:49"),
            ("azure_failing", None, "Azure fails since T13:47"),
            ("login_refused", None, "login refused since T13:47"),
        ] {
            let time = |at: &str| output::time(format!("2026-11-28{}:00Z", &at[..6]).parse().unwrap());
            let words = words.replace("T13:47", &time("T13:47")).replace("T13:49", &time("T13:49"));
            assert_eq!(outage_words(&outage(code, next_at)), words);
        }
    }
}
