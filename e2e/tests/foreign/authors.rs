//! What cron, mdadm, PHP and their kin write, byte for byte; Python's `email` reads what became of it.

use control::{NewCredential, NewIntakeRules};
use model::azure::TransportChoice;
use model::credential::Lane;
use postern::config::raw::Mode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::Authors =>
    the_operators_rule_helps_programs_that_write_no_address,
);

async fn the_operators_rule_helps_programs_that_write_no_address(context: Context) {
    let world = &context.world;
    world.add_account("contoso-smtp", TransportChoice::Smtp, false).await;
    let scanner = || Some("scanner@contoso.example".to_owned());
    let place = json!({
        "host": "localhost",
        "port": world.port(Mode::Starttls),
        "certificate": context.certificate(),
        "socket": world.server().data_dir.join("control.sock"),
        "inspect_url": world.twin.ready().inspect_url,
        "logins": {
            "forced": login(&context, "forced", (scanner(), None)).await,
            "default": login(&context, "default", (None, scanner())).await,
            "own": login(&context, "own", (None, None)).await,
        },
    });
    let ended = context.run(Client::Authors, &[], &place.to_string()).await;
    println!("{}", ended.words);
    assert_eq!(ended.code, 0, "not every program was helped");
}

/// A login by name, and the author that is forced or stands in.
async fn login(
    context: &Context,
    name: &str,
    (forced_from, default_from): (Option<String>, Option<String>),
) -> Value {
    let new = NewCredential {
        login: name.to_owned(),
        account: "contoso-smtp".to_owned(),
        access: control::NewAccess::MadePassword,
        senders: Vec::new(),
        networks: Vec::new(),
        default_from,
        forced_from,
        intake: NewIntakeRules::default(),
        rate_per_minute: None,
        lane: Lane::Normal,
    };
    let issued = context.world.control().add_credential(new).await.unwrap();
    json!([name, issued.password.unwrap().expose_secret()])
}
