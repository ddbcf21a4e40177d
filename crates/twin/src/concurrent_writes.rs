//! Many clients that change the same resource at once: no write may be lost to another.
//!
//! Each test starts hundreds of tasks on several threads, and each task adds something of its own. A handler that
//! reads a copy, changes it and puts the whole back loses some of them.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::rehearsal::{Answer, Rehearsal};
use crate::state::Bucket;

const SUBSCRIPTION: &str = "/subscriptions/22222222-bbbb-4222-8222-222222222222";
const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
const CLIENT: &str = "33333333-cccc-4333-8333-333333333333";
const SECRET: &str = "twin8Q~Rehearsal.Only_Not-A-Real-Secret~";
const WRITERS: usize = 200;

/// A twin without limits to calls, and one token for all of them.
struct Crowd {
    rehearsal: Rehearsal,
    bearer: String,
}

impl Crowd {
    async fn gather(scope: &str) -> Arc<Self> {
        let rehearsal = Rehearsal::begin();
        rehearsal.backend.change_state(|state| {
            let plenty = Bucket { size: 1_000_000, per_second: 1_000_000 };
            let behaviour = &mut state.behaviour;
            (behaviour.arm_reads, behaviour.arm_writes, behaviour.arm_deletes) = (plenty, plenty, plenty);
            (behaviour.arm_global_reads, behaviour.arm_global_writes) = (plenty, plenty);
            behaviour.cloudflare_requests = 1_000_000;
            behaviour.any_list_name = true;
        });
        let form = format!(
            "grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope=https://{scope}/.default"
        );
        let token = rehearsal.ask("POST", &format!("/{TENANT}/oauth2/v2.0/token"), &[], form.into()).await;
        let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
        Arc::new(Self { rehearsal, bearer })
    }

    async fn arm() -> Arc<Self> {
        Self::gather("management.azure.com").await
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let headers = [("authorization", self.bearer.as_str())];
        self.rehearsal.ask(method, path, &headers, body.to_string().into()).await
    }

    async fn count(&self, path: &str) -> usize {
        let answer = self.send("GET", path, Value::Null).await;
        answer.body["value"].as_array().unwrap_or_else(|| panic!("{}", answer.text)).len()
    }
}

/// Runs a task for each number at once and gives the statuses, sorted.
async fn at_once<F>(crowd: &Arc<Crowd>, task: impl Fn(Arc<Crowd>, usize) -> F) -> Vec<u16>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for number in 0..WRITERS {
        let task = task(Arc::clone(crowd), number);
        tasks.spawn(async move { task.await.status });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    statuses
}

fn group(name: &str) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/{name}?api-version=2022-12-01")
}

fn communication(path: &str) -> String {
    format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/{path}?api-version=2025-09-01"
    )
}

fn domain(rest: &str) -> String {
    communication(&format!("emailServices/contoso-email/domains/contoso.example{rest}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_domain_of_an_email_service_is_kept() {
    let crowd = Crowd::arm().await;
    let all = communication("emailServices/contoso-email/domains");
    let before = crowd.count(&all).await;
    let statuses = at_once(&crowd, |crowd, number| async move {
        let path = communication(&format!("emailServices/contoso-email/domains/d{number}.example"));
        let body = json!({ "location": "global", "properties": { "domainManagement": "CustomerManaged" } });
        crowd.send("PUT", &path, body).await
    })
    .await;
    assert_eq!(statuses, [201; WRITERS]);
    assert_eq!(crowd.count(&all).await, before + WRITERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_sender_and_suppressed_address_of_a_domain_is_kept_while_its_tags_change() {
    let crowd = Crowd::arm().await;
    let list = domain("/suppressionLists/list");
    assert_eq!(crowd.send("PUT", &list, json!({ "properties": { "listName": "news" } })).await.status, 200);
    let before = crowd.count(&domain("/senderUsernames")).await;
    let statuses = at_once(&crowd, |crowd, number| async move {
        let sender = json!({ "properties": { "username": format!("s{number}") } });
        crowd.send("PUT", &domain(&format!("/senderUsernames/s{number}")), sender).await;
        let tags = json!({ "tags": { "last": number.to_string() } });
        crowd.send("PATCH", &domain(""), tags).await;
        let address = json!({ "properties": { "email": format!("a{number}@example.com") } });
        let path = format!("/suppressionLists/list/suppressionListAddresses/a{number}");
        crowd.send("PUT", &domain(&path), address).await
    })
    .await;
    assert_eq!(statuses, [200; WRITERS]);
    assert_eq!(crowd.count(&domain("/senderUsernames")).await, before + WRITERS);
    assert_eq!(crowd.count(&domain("/suppressionLists/list/suppressionListAddresses")).await, WRITERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_smtp_username_of_a_service_is_kept_while_its_tags_change() {
    let crowd = Crowd::arm().await;
    let names = communication("communicationServices/contoso-mail/smtpUsernames");
    let before = crowd.count(&names).await;
    let statuses = at_once(&crowd, |crowd, number| async move {
        let login = json!({ "properties": {
            "username": format!("login {number}"), "entraApplicationId": CLIENT, "tenantId": TENANT,
        } });
        let service = "communicationServices/contoso-mail";
        crowd.send("PUT", &communication(&format!("{service}/smtpUsernames/n{number}")), login).await;
        let body = json!({ "tags": { "last": number.to_string() } });
        crowd.send("PATCH", &communication(service), body).await
    })
    .await;
    assert_eq!(statuses, [200; WRITERS]);
    assert_eq!(crowd.count(&names).await, before + WRITERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_different_members_of_a_service_are_both_kept() {
    let crowd = Crowd::arm().await;
    let service = communication("communicationServices/contoso-mail");
    for round in 0..WRITERS {
        let word = round.to_string();
        let (tags, access) = (json!({ "tags": { "round": word } }), round % 2 == 0);
        let disabled = json!({ "properties": { "disableLocalAuth": access } });
        let write = |body: Value| {
            let (crowd, service) = (Arc::clone(&crowd), service.clone());
            tokio::spawn(async move { crowd.send("PATCH", &service, body).await.status })
        };
        let (one, other) = tokio::join!(write(tags), write(disabled));
        assert_eq!((one.unwrap(), other.unwrap()), (200, 200));
        let there = crowd.send("GET", &service, Value::Null).await;
        assert_eq!(there.body["tags"]["round"], word);
        assert_eq!(there.body["properties"]["disableLocalAuth"], access, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_resource_group_and_record_set_is_kept() {
    let crowd = Crowd::arm().await;
    let set = |number: usize| {
        let zone = "resourceGroups/mail/providers/Microsoft.Network/dnsZones/northwind.example";
        format!("{SUBSCRIPTION}/{zone}/TXT/r{number}?api-version=2018-05-01")
    };
    at_once(&crowd, |crowd, number| async move {
        let body = json!({ "location": "westeurope" });
        assert_eq!(crowd.send("PUT", &group(&format!("g{number}")), body).await.status, 201);
        let record = json!({ "properties": { "TTL": 60, "TXTRecords": [{ "value": ["x"] }] } });
        crowd.send("PUT", &set(number), record).await
    })
    .await;
    for number in 0..WRITERS {
        assert_eq!(crowd.send("GET", &group(&format!("g{number}")), Value::Null).await.status, 200);
        assert_eq!(crowd.send("GET", &set(number), Value::Null).await.status, 200, "r{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_record_that_cloudflare_confirms_is_kept() {
    let crowd = Crowd::arm().await;
    let headers = [("authorization", "Bearer twin-cloudflare-token")];
    let found = crowd.rehearsal.ask("GET", "/client/v4/zones?name=adatum.example", &headers, "".into()).await;
    let zone = found.body["result"][0]["id"].as_str().unwrap().to_owned();
    let records = format!("/client/v4/zones/{zone}/dns_records?per_page=1000&type=TXT");
    let statuses = at_once(&crowd, |crowd, number| {
        let path = format!("/client/v4/zones/{zone}/dns_records");
        async move {
            let record = json!({ "type": "TXT", "name": format!("r{number}"), "content": "x", "ttl": 60 });
            crowd.rehearsal.ask("POST", &path, &headers, record.to_string().into()).await
        }
    })
    .await;
    assert_eq!(statuses, [200; WRITERS]);
    let there = crowd.rehearsal.ask("GET", &records, &headers, "".into()).await;
    let names = there.body["result"].as_array().unwrap().iter();
    let names = names.filter(|record| record["name"].as_str().unwrap().starts_with('r')).count();
    assert_eq!(names, WRITERS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_equal_creations_in_graph_one_succeeds() {
    let crowd = Crowd::gather("graph.microsoft.com").await;
    let made = crowd.send("POST", "/v1.0/applications", json!({ "displayName": "new" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let (id, client) = (made.body["id"].as_str().unwrap(), made.body["appId"].clone());
    let statuses = at_once(&crowd, |crowd, _| {
        let body = json!({ "appId": client });
        async move { crowd.send("POST", "/v1.0/servicePrincipals", body).await }
    })
    .await;
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; WRITERS - 1][..]));
    let add = format!("/v1.0/applications/{id}/addPassword");
    at_once(&crowd, |crowd, number| {
        let (add, body) =
            (add.clone(), json!({ "passwordCredential": { "displayName": number.to_string() } }));
        async move { crowd.send("POST", &add, body).await }
    })
    .await;
    let app = crowd.send("GET", &format!("/v1.0/applications/{id}"), Value::Null).await;
    assert_eq!(app.body["passwordCredentials"].as_array().unwrap().len(), WRITERS);
}
