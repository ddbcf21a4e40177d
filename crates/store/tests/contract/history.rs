//! What is remembered of clients and accounts.

use std::collections::HashMap;

use model::id::CredentialId;
use model::refused::Refused;
use model::smtp_username::SmtpUsername;
use store::{CredentialUse, KeptVerification, LoginNews, RaisedAlarm, RefusalChanges, Welcome};

use crate::sample::{account, audit, credential};
use crate::{World, at};

pub(crate) async fn refusals_and_logins_outlive_the_process(world: &mut World) {
    let own = account(1, "contoso");
    world.store().accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    let scanner = credential(1, "scanner1", &own);
    world.store().credentials().add(scanner.clone(), audit("credential.add")).await.unwrap();
    let refused = |count| Refused {
        at: at(7),
        since: at(1),
        count,
        peer: "2001:db8::1".parse().unwrap(),
        login: Some("scanner1".to_owned()),
        credential: None,
        sender: None,
        code: "535 5.7.3".to_owned(),
        reply: "535 5.7.3 no".to_owned(),
        reason: None,
        message_id: None,
        tls: None,
    };
    let kept = vec![(1, refused(1)), (2, refused(1))];
    world.store().refusals().write(RefusalChanges { kept, forgotten: Vec::new() }).await.unwrap();
    let again = RefusalChanges { kept: vec![(2, refused(9))], forgotten: vec![1] };
    world.store().refusals().write(again).await.unwrap();
    let address = "10.0.0.5".parse().unwrap();
    let welcome = Welcome { login: "scanner1".to_owned(), address, at: at(10) };
    let gone = CredentialId::new(at(0), [9; 10]);
    let used = CredentialUse { at: at(10), address };
    let uses = HashMap::from([(scanner.id, used), (gone, used)]);
    let news = LoginNews { welcomes: vec![welcome.clone()], uses };
    world.store().logins().note(news, at(0)).await.unwrap();
    world.restart();
    assert_eq!(world.store().refusals().all().await.unwrap(), [(2, refused(9))]);
    assert_eq!(world.store().logins().welcomes(at(0)).await.unwrap(), [welcome]);
    assert_eq!(world.store().logins().uses().await.unwrap(), HashMap::from([(scanner.id, used)]));
}

pub(crate) async fn the_last_verification_counts(world: &mut World) {
    let own = account(1, "contoso");
    let kept = |verdict: &str, second| KeptVerification {
        at: at(second),
        verdict: verdict.to_owned(),
        report: "{}".to_owned(),
    };
    assert_eq!(world.store().verifications().last(own.id).await.unwrap(), None);
    world.store().verifications().keep(own.id, kept("broken", 1)).await.unwrap();
    world.store().verifications().keep(own.id, kept("ready", 2)).await.unwrap();
    world.restart();
    assert_eq!(world.store().verifications().last(own.id).await.unwrap(), Some(kept("ready", 2)));
}

pub(crate) async fn smtp_usernames_are_replaced_as_a_whole(world: &mut World) {
    let (store, own) = (world.store(), account(1, "contoso"));
    store.accounts().add(own.clone(), None, audit("account.add")).await.unwrap();
    let listed = |username: &str| SmtpUsername {
        account: own.id,
        service: "mail".parse().unwrap(),
        username: username.to_owned(),
        client: own.azure().unwrap().client,
        tenant: own.azure().unwrap().tenant,
    };
    let replace =
        async |listed| store.smtp_usernames().replace(own.id, "mail".parse().unwrap(), listed).await.unwrap();
    replace(vec![listed("printer"), listed("fax")]).await;
    replace(vec![listed("printer")]).await;
    let before = store.directory();
    replace(vec![listed("printer")]).await;
    assert_eq!(store.directory().change(), before.change(), "the same again is no change");
}

pub(crate) async fn authentication_failures_are_heard_of_once(world: &mut World) {
    let failures = world.store().authentication_failures();
    let (one, other) = (account(1, "contoso").id, account(2, "fabrikam").id);
    for (id, words) in [(one, "first"), (other, "other"), (one, "again")] {
        failures.note(id, words);
    }
    let mut heard = vec![failures.next().await, failures.next().await];
    heard.sort();
    assert_eq!(heard, [(one, "again".to_owned()), (other, "other".to_owned())]);
}

pub(crate) async fn alarms_that_were_raised_outlive_the_process(world: &mut World) {
    let alarm = |code: &str, account: Option<&str>| RaisedAlarm {
        code: code.to_owned(),
        account: account.map(str::to_owned),
        subject: None,
        since: at(7),
        message: "It is so.".to_owned(),
        action: "Do that.".to_owned(),
    };
    let both = vec![alarm("azure_failing", Some("contoso")), alarm("disk_full", None)];
    world.store().raised_alarms().replace(both.clone()).await.unwrap();
    world.restart();
    assert_eq!(world.store().raised_alarms().all().await.unwrap(), both);
    world.store().raised_alarms().replace(Vec::new()).await.unwrap();
    assert_eq!(world.store().raised_alarms().all().await.unwrap(), []);
}
