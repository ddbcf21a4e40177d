//! Programs that send mail and that we did not write, from Debian: each sends an ASCII text, a text in UTF-8 and a
//! file, by STARTTLS and by TLS, with a login.
//!
//! Python's `email` reads what arrived. How each is set up stands in `clients/programs/NAME.sh`.

use postern::config::raw::Mode;
use serde_json::{Value, json};

use crate::context::{ClientTest, Context};
use crate::tools::Client;

/// Makes a test for each program from its name and the ways that it knows.
macro_rules! programs {
    ($($name:literal by $ways:literal),+ $(,)?) => {
        pub(crate) const TESTS: &[ClientTest] = &[$(ClientTest {
            name: concat!("foreign::programs::", $name),
            client: Client::Program($name),
            behaviour: twin::state::Behaviour::default,
            run: |context| Box::pin(sends_whole(context, Program { name: $name, ways: $ways })),
        }),+];
    };
}

/// A program, by the name of its script.
#[derive(Clone, Copy)]
struct Program {
    name: &'static str,
    /// `starttls`, `tls` or both with a comma between them.
    ways: &'static str,
}

programs!(
    "cron-msmtp" by "starttls,tls",
    "cron-dma" by "starttls,tls",
    "msmtp" by "starttls,tls",
    "dma" by "starttls,tls",
    "nullmailer" by "starttls,tls",
    "exim" by "starttls,tls",
    "postfix" by "starttls,tls",
    "opensmtpd" by "starttls,tls",
    "s-nail" by "starttls,tls",
    "mutt" by "starttls,tls",
    "git-send-email" by "starttls,tls",
    "phpmailer" by "starttls,tls",
    "ruby-mail" by "starttls,tls",
    "javamail" by "starttls,tls",
    "emacs" by "starttls,tls",
);

async fn sends_whole(context: Context, program: Program) {
    let Program { name, ways } = program;
    let world = &context.world;
    // What cron writes has no author that could be read, and its MAIL FROM is the machine's own: the login has one for both.
    let add = "postern credential add daemons --account contoso --forced-from scanner@contoso.example --json";
    let added: Value = serde_json::from_str(&context.type_in(add).await.expect(0)).unwrap();
    let (login, letters) = if name.starts_with("cron-") {
        (json!(["daemons", added["password"]]), "text,utf8")
    } else {
        (json!([world.device.login, world.device.password]), "text,utf8,file")
    };
    let place = json!({
        "ports": { "starttls": world.port(Mode::Starttls), "tls": world.port(Mode::Tls) },
        "certificate": context.certificate(),
        "inspect_url": world.twin.ready().inspect_url,
        "login": login,
    });
    let words = [name, ways, letters, &context.packages(name)];
    let ended = context.run(Client::Program(name), &words, &place.to_string()).await;
    print!("{}", ended.words);
    assert_eq!(ended.code, 0, "not everything arrived as {name} sent it");
}
