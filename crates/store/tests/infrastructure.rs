//! Infrastructures: what is kept is read back, and nobody writes over somebody else.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::id::AccountId;
use model::infrastructure::{
    Approval, ApprovedStep, DesiredDomain, DesiredLogin, DesiredSender, DnsWay, DomainOwner, ForeignChange,
    Infrastructure, MadeState, RecordedStep, StepState, WrittenRecord,
};
use store::{AuditEntry, DataDir, MasterKey, Options, Store, StoreError, Volatile};

fn audit() -> AuditEntry {
    let (who, origin) = ("test".to_owned(), String::new());
    let (action, subject, detail) = ("infrastructure.edit".to_owned(), String::new(), String::new());
    AuditEntry { at: Timestamp::UNIX_EPOCH, who, origin, action, subject, detail }
}

async fn open(folder: &std::path::Path) -> (Store, AccountId) {
    let data_dir = DataDir::open(folder, Volatile::Allowed).unwrap();
    let key = MasterKey::generate().unwrap();
    let store = Store::open(
        &data_dir,
        key,
        &Options { segment_bytes: 65_536, ..Options::default() },
        Timestamp::UNIX_EPOCH,
    );
    let store = store.unwrap();
    let account = model::account::Account {
        id: AccountId::from_bytes([7; 16]),
        name: "contoso".parse().unwrap(),
        upstream: model::upstream::Upstream::Azure(model::azure::AzureConnection {
            tenant: "11111111-aaaa-4111-8111-111111111111".parse().unwrap(),
            client: "33333333-cccc-4333-8333-333333333333".parse().unwrap(),
            subscription: "22222222-bbbb-4222-8222-222222222222".parse().unwrap(),
            cloud: model::cloud::Cloud::Public,
            service: None,
            authorization: model::azure::Authorization::ManagedIdentity,
            transport: model::azure::TransportChoice::Auto,
        }),
        quota: model::quota::Quota::CUSTOM_DOMAIN,
        concurrency: model::account::Concurrency::default(),
        state: model::account::AccountState::Enabled,
        created_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
    };
    let id = account.id;
    store.accounts().add(account, None, audit()).await.unwrap();
    (store, id)
}

fn sender(name: &str, display_name: Option<&str>) -> (String, DesiredSender) {
    let display_name = display_name.map(str::to_owned);
    let suppressed = vec!["a@b.example".to_owned(), "c@d.example".to_owned()];
    (name.to_lowercase(), DesiredSender { username: name.to_owned(), display_name, suppressed })
}

fn infrastructure(account: AccountId) -> Infrastructure {
    let own = DesiredDomain {
        dns: DnsWay::Connection("cf".into()),
        tracking: true,
        dmarc: Some("v=DMARC1; p=none".into()),
        senders: [sender("NoReply", Some("Contoso")), sender("alerts", None)].into(),
        ..DesiredDomain::default()
    };
    let azure = DesiredDomain { owner: DomainOwner::Azure, ..DesiredDomain::default() };
    let login = DesiredLogin { username: "printer@contoso.example".into(), client: None };
    Infrastructure {
        account,
        group: "mail".into(),
        location: "westeurope".into(),
        data_location: "Europe".into(),
        service: "contoso-mail".into(),
        email_service: "contoso-email".into(),
        access: true,
        domains: BTreeMap::from([
            ("contoso.example".to_owned(), own),
            (model::infrastructure::AZURE_MANAGED.to_owned(), azure),
        ]),
        smtp_usernames: BTreeMap::from([("printer".to_owned(), login)]),
        changed_at: Timestamp::from_second(1).unwrap(),
    }
}

#[tokio::test]
async fn an_infrastructure_is_read_back_as_it_was_kept_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, account) = open(folder.path()).await;
    let memory = store.infrastructure();
    assert_eq!(memory.of(account).await.unwrap(), None);
    let first = infrastructure(account);
    memory.keep(None, first.clone(), audit()).await.unwrap();
    assert_eq!(memory.of(account).await.unwrap(), Some(first.clone()));
    assert_eq!(memory.accounts().await.unwrap(), [account]);

    let mut second = first.clone();
    second.changed_at = Timestamp::from_second(2).unwrap();
    let own = second.domains.get_mut("contoso.example").unwrap();
    own.senders.remove("alerts");
    own.senders.get_mut("noreply").unwrap().display_name = None;
    second.domains.remove(model::infrastructure::AZURE_MANAGED);
    second.smtp_usernames.clear();
    memory.keep(Some(first.clone()), second.clone(), audit()).await.unwrap();
    assert_eq!(memory.of(account).await.unwrap(), Some(second));
    // A caller that read the first one does not overwrite the second.
    let late = memory.keep(Some(first.clone()), first, audit()).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
}

#[tokio::test]
async fn steps_and_records_are_remembered_until_the_account_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, account) = open(folder.path()).await;
    let memory = store.infrastructure();
    let at = Timestamp::from_second(1).unwrap();
    let step = |state, problem: Option<&str>| RecordedStep {
        key: "domain/contoso.example".into(),
        state,
        problem: problem.map(str::to_owned),
        tries: 0,
        at,
    };
    memory.note_step(account, step(StepState::Begun, None)).await.unwrap();
    memory.note_step(account, step(StepState::Failed, Some("no"))).await.unwrap();
    memory.note_step(account, step(StepState::Begun, None)).await.unwrap();
    let steps = memory.steps(account).await.unwrap();
    assert_eq!((steps.len(), steps[0].tries, steps[0].state), (1, 2, StepState::Begun));

    assert!(memory.awaiting_approval().await.unwrap().is_empty());
    let later = |step: RecordedStep| RecordedStep { at: Timestamp::from_second(2).unwrap(), ..step };
    memory.note_step(account, step(StepState::AwaitingApproval, Some("why"))).await.unwrap();
    memory.note_step(account, later(step(StepState::AwaitingApproval, Some("another why")))).await.unwrap();
    let [awaiting] = &memory.awaiting_approval().await.unwrap()[..] else { panic!("one step") };
    assert_eq!((awaiting.account, awaiting.step.problem.as_deref()), (account, Some("another why")));
    assert_eq!(awaiting.step.at, at, "since it first awaited approval");
    memory.note_step(account, later(step(StepState::Done, None))).await.unwrap();
    assert!(memory.awaiting_approval().await.unwrap().is_empty());
    assert_eq!(memory.steps(account).await.unwrap()[0].at, Timestamp::from_second(2).unwrap());

    let mut record = WrittenRecord {
        domain: "contoso.example".into(),
        way: DnsWay::Azure,
        zone: "contoso.example".into(),
        name: "contoso.example".into(),
        kind: "TXT".into(),
        value: "v=spf1 -all".into(),
        record_id: None,
        before: Some("v=spf1 mx ~all".into()),
        also_before: vec!["v=spf1 a ~all".into()],
        at,
    };
    memory.note_record(account, record.clone()).await.unwrap();
    record.record_id = Some("17".into());
    let nothing = WrittenRecord { before: None, also_before: Vec::new(), ..record.clone() };
    memory.note_record(account, nothing).await.unwrap();
    // What stood there before the first time is not forgotten.
    assert_eq!(memory.written(account).await.unwrap(), [record.clone()]);
    record.also_before.push("v=spf1 ip4:192.0.2.1 ~all".into());
    memory.note_record(account, record.clone()).await.unwrap();
    assert_eq!(memory.written(account).await.unwrap(), [record.clone()]);
    memory.forget_record(account, record).await.unwrap();
    assert!(memory.written(account).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_approval_covers_its_steps_until_they_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let (store, account) = open(folder.path()).await;
    let memory = store.infrastructure();
    let merged = ForeignChange {
        name: "contoso.example".into(),
        kind: "TXT".into(),
        old: vec!["v=spf1 a ~all".into(), "v=spf1 mx ~all".into()],
        new: Some("v=spf1 a mx -all".into()),
    };
    let gone = ForeignChange { old: vec!["x".into()], new: None, ..merged.clone() };
    let dns = ApprovedStep { key: "dns/contoso.example".into(), changes: vec![gone, merged.clone()] };
    let link = ApprovedStep { key: "link/contoso.example".into(), changes: Vec::new() };
    let approval = |plan: &str, seconds: i64, steps: Vec<ApprovedStep>| Approval {
        plan: plan.into(),
        who: "ada".into(),
        origin: "console".into(),
        at: Timestamp::from_second(seconds).unwrap(),
        steps,
    };
    let first = approval("one", 1, vec![dns.clone(), link.clone()]);
    memory.approve(account, first.clone(), audit()).await.unwrap();
    assert_eq!(memory.approved(account).await.unwrap(), [dns.clone(), link.clone()]);
    assert_eq!(memory.approvals(account).await.unwrap(), std::slice::from_ref(&first));

    // The last word counts, and only of the steps that it is about.
    let narrower = ApprovedStep { changes: vec![merged], ..dns };
    let second = approval("two", 2, vec![narrower.clone()]);
    memory.approve(account, second.clone(), audit()).await.unwrap();
    assert_eq!(memory.approved(account).await.unwrap(), [narrower, link.clone()]);
    let left = Approval { steps: vec![link.clone()], ..first };
    assert_eq!(memory.approvals(account).await.unwrap(), [second, left]);

    memory.use_approval(account, "dns/contoso.example".into()).await.unwrap();
    assert_eq!(memory.approved(account).await.unwrap(), [link]);
}

#[tokio::test]
async fn what_was_made_is_known_by_its_id_in_any_case() {
    let folder = tempfile::tempdir().unwrap();
    let (store, account) = open(folder.path()).await;
    let memory = store.infrastructure();
    let at = Timestamp::from_second(1).unwrap();
    memory.note_made(account, "/subscriptions/S/X".into(), MadeState::Begun, at).await.unwrap();
    memory.note_made(account, "/subscriptions/s/x".into(), MadeState::Made, at).await.unwrap();
    assert_eq!(memory.made(account).await.unwrap(), ["/subscriptions/s/x".to_owned()].into());
    memory.forget_made(account, "/SUBSCRIPTIONS/s/x".into()).await.unwrap();
    assert!(memory.made(account).await.unwrap().is_empty());
}

#[tokio::test]
async fn when_all_was_applied_outlives_a_change_of_the_desired_state() {
    let folder = tempfile::tempdir().unwrap();
    let (store, account) = open(folder.path()).await;
    let memory = store.infrastructure();
    let first = infrastructure(account);
    memory.keep(None, first.clone(), audit()).await.unwrap();
    assert_eq!(memory.applied_at(account).await.unwrap(), None);
    let at = Timestamp::from_second(9).unwrap();
    memory.note_applied(account, at).await.unwrap();
    let second = Infrastructure { changed_at: at, ..first.clone() };
    memory.keep(Some(first), second, audit()).await.unwrap();
    assert_eq!(memory.applied_at(account).await.unwrap(), Some(at));
}
