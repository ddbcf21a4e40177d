//! What a login may send as: a table of logins, envelopes and header sections with what has to become of each.
//!
//! The sink checks what leaves: no message that should have stayed, and none of the fields that had to go.

mod cases;

use std::collections::HashMap;
use std::net::Ipv4Addr;

use anyhow::Context as _;

use self::cases::{CASES, Case, Expected, LOGINS};
use crate::client::{Client, Reply};
use crate::sink::Arrival;
use crate::stage::{BY_SMTP, ROOMY, Stage};
use crate::verdict::{AttackResult, Ledger};

/// An address that no network rule of the table lists.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 60, 0, 1);

/// Tries the table.
pub(crate) async fn run(ledger: &mut Ledger) -> anyhow::Result<()> {
    let stage = Stage::set(ROOMY).await?;
    for (sender, account) in
        [("ceo@wire.example", "wire"), ("alerts@second.example", "wire"), ("boss@contoso.example", "rest")]
    {
        stage.server.command(&["sender", "add", sender, "--account", account, "--json"], "").await?;
    }
    let mut passwords = HashMap::new();
    for (login, options) in LOGINS {
        passwords.insert(login, stage.login(login, &[&["--account", "wire"], options].concat()).await?);
    }
    let mut verdict = AttackResult::new("scope: senders that a login may use");
    let mut left = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let password = passwords.get(case.login).context("a case's login is in the table of logins")?;
        let reply = submit(&stage, case, password, number).await.with_context(|| format!("{case:?}"))?;
        verdict.tried += 1;
        let expected = case.expected.code();
        verdict.expect(reply.code == expected, || format!("{case:?}: {reply}, where {expected} is right"));
        if expected == 250 {
            left.push(number);
        }
    }
    look(&stage.arrivals(left.len() as u64).await?, &left, &mut verdict);
    ledger.enter(verdict);
    ledger.enter(elsewhere(&stage, &passwords).await?);
    stage.close().await
}

/// Compares what arrived with what should have.
fn look(arrivals: &[Arrival], left: &[usize], verdict: &mut AttackResult) {
    for (number, case) in CASES.iter().enumerate() {
        let address = format!("<{number}@sink.example>");
        let is_of_case = |arrival: &&Arrival| arrival.recipients.iter().any(|line| line.contains(&address));
        let found: Vec<&Arrival> = arrivals.iter().filter(is_of_case).collect();
        let expected = usize::from(left.contains(&number));
        verdict.expect(found.len() == expected, || format!("{case:?}: arrived {} times", found.len()));
        for arrival in found {
            let (header, _) = arrival.parts();
            let header = header.to_ascii_lowercase();
            for word in case.expected.absent() {
                verdict.expect(!header.contains(word), || format!("{case:?}: {word} left in {header:?}"));
            }
        }
    }
    verdict.note = format!("{} of {} left", arrivals.len(), CASES.len());
}

async fn submit(stage: &Stage, case: &Case, password: &str, number: usize) -> anyhow::Result<Reply> {
    let mut client = Client::greeted(BY_SMTP, stage.ports.login).await?;
    let reply = client.log_in(case.login, password).await?;
    if reply.code != 235 {
        return Ok(reply);
    }
    let steps = [
        format!("MAIL FROM:<{}>\r\n", case.path),
        format!("RCPT TO:<{number}@sink.example>\r\n"),
        "DATA\r\n".to_owned(),
        format!("{}To: {number}@sink.example\r\nSubject: {number}\r\n\r\nx\r\n.\r\n", case.fields),
    ];
    let mut last = reply;
    for step in &steps {
        last = client.ask(step).await?;
        if last.code >= 400 {
            break;
        }
    }
    Ok(last)
}

/// Who may not even come in: logins bound to a network, networks that no credential lists, no login at all.
async fn elsewhere(stage: &Stage, passwords: &HashMap<&str, String>) -> anyhow::Result<AttackResult> {
    let mut verdict = AttackResult::new("scope: from another network, or without login");
    let bound = passwords.get("bound").context("the table has a login that is bound")?;
    let mut client = Client::greeted(ELSEWHERE, stage.ports.login).await?;
    verdict.tried += 1;
    let reply = client.log_in("bound", bound).await?;
    verdict.expect(reply.code >= 400, || format!("a login came in from another network: {reply}"));
    for port in [stage.ports.login, stage.ports.strict, stage.ports.repairing] {
        let mut client = Client::greeted(ELSEWHERE, port).await?;
        verdict.tried += 1;
        let reply = client.ask("MAIL FROM:<scan@wire.example>\r\n").await?;
        verdict.expect(reply.code >= 500, || format!("MAIL without login on port {port}: {reply}"));
    }
    // What one network may send is not what the other may.
    let mut client = Client::greeted(BY_SMTP, stage.ports.strict).await?;
    verdict.tried += 1;
    let reply = client.ask("MAIL FROM:<scanner@contoso.example>\r\n").await?;
    verdict.expect(reply.code >= 500, || format!("the other account's domain: {reply}"));
    Ok(verdict)
}

impl Expected {
    fn code(self) -> u16 {
        match self {
            Self::Leaves | Self::LeavesWithout(_) => 250,
            Self::Refused(code) => code,
        }
    }

    fn absent(self) -> &'static [&'static str] {
        match self {
            Self::LeavesWithout(words) => words,
            Self::Leaves | Self::Refused(_) => &[],
        }
    }
}
