//! What operators allow to devices: authors that are forced, reverse-paths of their own, repairs; and what of that
//! can be seen afterwards.

use control::NewCredential;
use e2e::{Device, Setup, World};
use model::queued::Cause;
use model::repair::Repair;
use smtp::client::Envelope;
use smtp::path::ReversePath;

const FROM: &str = "From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";
const BROKEN: &str =
    "From: Kock, Arne <scanner@contoso.example>\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";

async fn device(world: &World, login: &str, change: impl FnOnce(&mut NewCredential)) -> Device {
    world.add_credential(login, change).await
}

async fn send(world: &World, device: &Device, path: &str, text: &str) -> Result<String, String> {
    let mut connection = world.log_in(device).await.unwrap();
    let envelope = Envelope {
        reverse_path: ReversePath::Mailbox(path.parse().unwrap()),
        recipients: vec!["a@example.com".parse().unwrap()],
        size_octets: 0,
        eight_bit: false,
        smtputf8: false,
    };
    let verdict = connection.send(envelope, text.as_bytes()).await.unwrap();
    connection.quit().await;
    let reply = verdict.message.unwrap();
    reply.map(|reply| reply.text().to_owned()).map_err(|refusal| refusal.to_string())
}

#[tokio::test]
async fn bounces_of_list_mail_may_go_to_any_address_of_a_linked_domain() {
    let world = World::start().await;
    let limited = device(&world, "limited", |new| new.senders = vec!["scanner@contoso.example".into()]).await;
    for login in [&world.device, &limited] {
        let accepted = send(&world, login, "list-bounces+a=example.com@contoso.example", FROM).await.unwrap();
        let id = accepted.rsplit(' ').next().unwrap().parse().unwrap();
        let view = world.view(id).await.unwrap();
        assert_eq!(view.reverse_path.to_string(), "<list-bounces+a=example.com@contoso.example>");
    }
    let outside = "bounces+a=example.com@lists.example";
    let refused = send(&world, &world.device, outside, FROM).await.unwrap_err();
    assert_eq!(
        refused,
        format!("550 5.1.7 The specified sender domain has not been linked. MAIL FROM is {outside}")
    );
    let lists = device(&world, "lists", |new| new.intake.reverse_paths = vec!["Lists.example".into()]).await;
    assert!(send(&world, &lists, outside, FROM).await.is_ok());
    assert!(send(&world, &lists, "a@other.example", FROM).await.is_err());
    let forwarder = device(&world, "forwarder", |new| new.intake.reverse_path_anywhere = true).await;
    assert!(send(&world, &forwarder, "a@other.example", FROM).await.is_ok());
    let foreign = FROM.replace("contoso", "other");
    let refused = send(&world, &forwarder, "a@other.example", &foreign).await.unwrap_err();
    assert!(refused.starts_with("550 5.1.7 "), "the author is judged as strictly as ever: {refused}");
    world.until_taken(4).await;
    world.finish().await;
}

#[tokio::test]
async fn what_a_rule_replaced_is_in_the_story() {
    let world = World::start().await;
    let cron = device(&world, "cron", |new| {
        new.forced_from = Some("scanner@contoso.example".into());
        new.intake.reply_to_author = true;
    })
    .await;
    let text = "From: Web <www@web1.example>\r\nSender: root@web1.example\r\nTo: a@example.com\r\nSubject: s\r\n\r\nx\r\n";
    let accepted = send(&world, &cron, "www@web1.example", text).await.unwrap();
    world.until_taken(1).await;
    let parts = world.captured()[0].parts();
    let from = parts.from.unwrap();
    assert_eq!((from.address.as_str(), from.name.as_deref()), ("scanner@contoso.example", Some("Web")));
    assert_eq!(parts.reply_to[0].address, "www@web1.example");
    let view = world.view(accepted.rsplit(' ').next().unwrap().parse().unwrap()).await.unwrap();
    let changes: Vec<&str> = view.changes.iter().map(|change| change.text.as_str()).collect();
    assert_eq!(
        changes,
        [
            "MAIL FROM was \"<www@web1.example>\", is <scanner@contoso.example>",
            "From was \"Web <www@web1.example>\", is \"Web\" <scanner@contoso.example>",
            "Reply-To was missing, is \"Web\" <www@web1.example>",
            "Sender was \"root@web1.example\", is left out",
        ]
    );
    assert!(view.changes.iter().all(|change| change.cause == Cause::Rule));
    world.finish().await;
}

#[tokio::test]
async fn repairs_are_made_where_they_are_allowed_and_counted() {
    let world = World::start().await;
    let repaired = device(&world, "old", |new| new.intake.repairs = vec!["from".into()]).await;
    let refused = send(&world, &world.device, "scanner@contoso.example", BROKEN).await.unwrap_err();
    assert!(refused.starts_with("550 5.6.0 From has a comma outside quotation marks"), "{refused}");
    for _ in 0..2 {
        send(&world, &repaired, "scanner@contoso.example", BROKEN).await.unwrap();
    }
    send(&world, &repaired, "scanner@contoso.example", FROM).await.unwrap();
    world.until_taken(3).await;
    let names: Vec<Option<String>> =
        world.captured().iter().map(|mail| mail.parts().from.unwrap().name).collect();
    assert_eq!(names.iter().flatten().filter(|name| *name == "Kock, Arne").count(), 2, "{names:?}");
    let counted = world.server().store.queue().repairs().await.unwrap();
    let counted: Vec<_> =
        counted.iter().map(|used| (used.login.as_str(), used.repair.as_str(), used.count)).collect();
    assert_eq!(counted, [("old", "from", 2)]);
    world.finish().await;
}

#[tokio::test]
async fn an_address_before_the_author_is_quoted_or_replaced_and_the_message_says_so() {
    let world = World::start().await;
    let text =
        FROM.replace("From: scanner@contoso.example", "From: Printer@floor3 <scanner@contoso.example>");
    let refused = send(&world, &world.device, "scanner@contoso.example", &text).await.unwrap_err();
    assert!(
        refused.starts_with("550 5.6.0 From has \"Printer@floor3\" outside quotation marks"),
        "{refused}"
    );
    let repaired = device(&world, "old", |new| new.intake.repairs = vec!["from".into()]).await;
    let forced = device(&world, "web", |new| new.forced_from = Some("noreply@contoso.example".into())).await;
    for (login, name, cause, is) in [
        (
            &repaired,
            Some("Printer@floor3"),
            Cause::Repair(Repair::From),
            "\"Printer@floor3\" <scanner@contoso.example>",
        ),
        (&forced, None, Cause::Rule, "noreply@contoso.example"),
    ] {
        let accepted = send(&world, login, "scanner@contoso.example", &text).await.unwrap();
        let view = world.view(accepted.rsplit(' ').next().unwrap().parse().unwrap()).await.unwrap();
        let change = view.changes.iter().find(|change| change.text.starts_with("From was")).unwrap();
        let was = "From was \"Printer@floor3 <scanner@contoso.example>\", is";
        assert_eq!((change.cause, &change.text), (cause, &format!("{was} {is}")));
        let sent = |world: &World| world.captured().into_iter().map(|mail| mail.parts().from.unwrap());
        world.until_taken(if name.is_some() { 1 } else { 2 }).await;
        assert!(sent(&world).any(|from| from.name.as_deref() == name && is.contains(&from.address)), "{is}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_listener_repairs_for_all_its_clients() {
    let world = World::start_with(Setup { repairs: Repair::ALL.to_vec(), ..Setup::default() }).await;
    let accepted = send(&world, &world.device, "scanner@contoso.example", BROKEN).await.unwrap();
    let view = world.view(accepted.rsplit(' ').next().unwrap().parse().unwrap()).await.unwrap();
    assert_eq!(view.changes[0].cause, Cause::Repair(Repair::From));
    world.until_taken(1).await;
    world.finish().await;
}
