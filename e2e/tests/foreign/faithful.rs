//! Python's `email`, openssl, gpg and dkimpy as judges: what arrives is what was sent, by each way.

use model::azure::TransportChoice;
use postern::config::raw::Mode;
use serde_json::json;

use twin::state::{Behaviour, OfferedExtensions, SmtpBehaviour};

use crate::context::{ClientTest, Context};
use crate::tools::Client;

pub(crate) const TESTS: &[ClientTest] = &[
    ClientTest {
        name: "foreign::faithful::every_message_arrives_whole_or_the_story_says_what_is_missing",
        client: Client::Faithful,
        behaviour: || offering(OfferedExtensions::Thin),
        run: |context| Box::pin(every_message(context, "auto,smtp,key")),
    },
    ClientTest {
        name: "foreign::faithful::every_message_arrives_whole_where_eight_bits_are_taken",
        client: Client::Faithful,
        behaviour: || offering(OfferedExtensions::Full),
        run: |context| Box::pin(every_message(context, "smtp")),
    },
    ClientTest {
        name: "foreign::faithful::what_is_slightly_damaged_arrives_as_it_was_written",
        client: Client::Faithful,
        behaviour: || offering(OfferedExtensions::Thin),
        run: |context| Box::pin(damaged(context)),
    },
];

fn offering(extensions: OfferedExtensions) -> Behaviour {
    Behaviour { smtp: SmtpBehaviour { extensions, ..SmtpBehaviour::default() }, ..Behaviour::default() }
}

/// Cases by name; `POSTERN_FAITHFUL` is a part of the names that are wanted.
async fn every_message(context: Context, ways: &str) {
    let wanted = std::env::var("POSTERN_FAITHFUL").unwrap_or_default();
    judged(&context, ways, &["cases", &wanted]).await;
}

/// Random MIME with one small damage. `POSTERN_DAMAGE` is a seed and a number of messages, as in `4711 5000`.
async fn damaged(context: Context) {
    let wanted = std::env::var("POSTERN_DAMAGE").unwrap_or_else(|_| "1 300".to_owned());
    let (seed, count) = wanted.split_once(' ').expect("a seed and a number of messages");
    judged(&context, "auto,smtp,key", &["damage", seed, count]).await;
}

/// Three accounts at one service: one that may choose, one by SMTP, one with an access key alone.
async fn judged(context: &Context, ways: &str, arguments: &[&str]) {
    let world = &context.world;
    world.add_account("contoso-smtp", TransportChoice::Smtp, false).await;
    world.add_account("contoso-key", TransportChoice::Rest, true).await;
    let (smtp, key) =
        (world.add_device_of("contoso-smtp", "smtp").await, world.add_device_of("contoso-key", "key").await);
    let login = |device: &e2e::Device| json!([device.login, device.password]);
    let mut logins = json!({ "auto": login(&world.device), "smtp": login(&smtp), "key": login(&key) });
    logins.as_object_mut().unwrap().retain(|way, _| ways.split(',').any(|wanted| wanted == way));
    let place = json!({
        "host": "localhost",
        "port": world.port(Mode::Starttls),
        "certificate": context.certificate(),
        "socket": world.server().data_dir.join("control.sock"),
        "inspect_url": world.twin.ready().inspect_url,
        "logins": logins,
    });
    let ended = context.run(Client::Faithful, arguments, &place.to_string()).await;
    println!("{}", ended.words);
    assert_eq!(ended.code, 0, "not everything arrived as it was sent");
}
