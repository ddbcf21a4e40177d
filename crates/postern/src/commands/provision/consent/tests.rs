//! A plan that is another one by now: who goes on, and who asks.

use std::path::Path;

use api::infrastructure::plan::StepView;
use api::infrastructure::progress::ApplyEvent;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use super::*;
use crate::server::SOCKET;

fn plan(id: &str, changes: &[RecordChange]) -> PlanView {
    let step =
        StepView { key: "dns/contoso.example".into(), changes: changes.to_vec(), ..StepView::default() };
    PlanView { id: id.into(), account: "contoso".into(), steps: vec![step], ..PlanView::default() }
}

fn spf(old: &str) -> RecordChange {
    let (name, kind) = ("contoso.example".into(), "TXT".into());
    RecordChange {
        name,
        kind,
        old: vec![old.into()],
        new: Some("v=spf1 include:spf.protection.outlook.com -all".into()),
    }
}

fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn planned(plan: &PlanView) -> String {
    answer(200, &serde_json::to_string(plan).unwrap())
}

fn changed(plan: &PlanView) -> String {
    let problem = Problem {
        kind: "urn:postern:problem:plan_changed".into(),
        title: "The plan is not the one that was approved".into(),
        status: 409,
        detail: "another one".into(),
        code: Code::PlanChanged,
        field: None,
        retry_after_seconds: None,
        details: Some(serde_json::to_value(plan).unwrap()),
    };
    answer(409, &serde_json::to_string(&problem).unwrap())
}

fn done() -> String {
    let line = ApplyEvent::Done { applied: Applied { done: 1, ..Applied::default() } };
    answer(200, &format!("{}\n", serde_json::to_string(&line).unwrap()))
}

/// Answers requests in turn, as long as somebody asks; `bodies` are those that were sent.
async fn serve(listener: UnixListener, answers: Vec<String>, bodies: &mut Vec<Value>) {
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        let body = loop {
            stream.read_buf(&mut read).await.unwrap();
            let text = String::from_utf8_lossy(&read).into_owned();
            let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
            if let Ok(body) = serde_json::from_str(body) {
                break body;
            }
        };
        bodies.push(body);
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    std::future::pending::<()>().await;
}

/// Applies with that consent at a server that answers so; gives the ids of the plans that were applied for.
async fn apply(consent: Consent<'_>, answers: Vec<String>) -> (anyhow::Result<Applied>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let socket: &Path = &folder.path().join(SOCKET);
    let listener = UnixListener::bind(socket).unwrap();
    let client = Client::at(folder.path()).unwrap();
    let request =
        Request { client: &client, account: "contoso", body: json!({}), consent, format: Format::Json };
    let mut bodies = Vec::new();
    let applied = tokio::select! {
        applied = request.apply() => applied,
        () = serve(listener, answers, &mut bodies) => unreachable!("it never ends"),
    };
    let plans = bodies.iter().filter_map(|body| body["plan"].as_str().map(str::to_owned));
    (applied, plans.collect())
}

#[tokio::test]
async fn yes_goes_on_with_another_plan_that_changes_nothing_more_of_others() {
    let (first, second) = (plan("one", &[spf("v=spf1 mx ~all")]), plan("two", &[spf("v=spf1 mx ~all")]));
    for second in [second, plan("two", &[])] {
        let (applied, plans) = apply(Consent::Yes, vec![planned(&first), changed(&second), done()]).await;
        assert_eq!(applied.unwrap().done, 1);
        assert_eq!(plans, ["one", "two"]);
    }
}

#[tokio::test]
async fn what_others_changed_meanwhile_stops_it() {
    let first = plan("one", &[spf("v=spf1 mx ~all")]);
    let second = plan("two", &[spf("v=spf1 a ~all")]);
    let own = plan("one", &[]);
    for (consent, first) in [(Consent::Yes, first), (Consent::Implied, own)] {
        let (applied, plans) = apply(consent, vec![planned(&first), changed(&second)]).await;
        let error = applied.unwrap_err().to_string();
        assert!(error.starts_with("nothing was changed") && error.contains("--plan two"), "{error}");
        assert_eq!(plans, ["one"]);
    }
}

#[tokio::test]
async fn the_id_of_a_plan_approves_no_other_plan() {
    let (applied, plans) = apply(Consent::Given("one"), vec![changed(&plan("two", &[]))]).await;
    assert!(applied.unwrap_err().to_string().contains("--plan two"));
    assert_eq!(plans, ["one"]);
}

#[tokio::test]
async fn a_plan_that_never_stays_is_given_up() {
    let other = |id: &str| changed(&plan(id, &[]));
    let answers = vec![planned(&plan("1", &[])), other("2"), other("3"), other("4"), other("5")];
    let (applied, plans) = apply(Consent::Yes, answers).await;
    assert_eq!(applied.unwrap_err().to_string(), "another one");
    assert_eq!(plans, ["1", "2", "3", "4"]);
}
