//! `credential import`, from the file that a spreadsheet saved to the first messages of the devices.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use clock::Clock;
use secrecy::SecretString;
use serde_json::{Value, json};
use smtp::client::{Envelope, Settings, TlsPolicy};
use smtp::path::ReversePath;
use smtp::sasl::{Login, Proof};
use smtp_client::{Connection, Target, Timeouts};
use twin::{Options, Twin};

use crate::server::{Postern, text, until};

const CONFIG: &str = "host_name = 'relay.contoso.example'\n\
    [[listener]]\naddress = '127.0.0.2:0'\nmode = 'plain'\nlogin = 'none'\n\
    [[listener]]\naddress = '127.0.0.1:0'\nmode = 'starttls'\n";

/// As Excel saves it in Europe.
const DEVICES: &str = "\u{feff}Login;Senders;Networks;Rate;Forced author\r\n\
    copier-1;scanner@contoso.example;127.0.0.0/8;30;\r\n\
    copier-2;scanner@contoso.example noreply@contoso.example;127.0.0.0/8 10.1.3.7;;noreply@contoso.example\r\n\
    copier-3;scanner@contoso.example;10.0.0.0/8;;\r\n";

/// A row of the file that is written.
struct Issued {
    login: String,
    password: String,
    host: String,
    port: u16,
}

fn issued(written: &str) -> Vec<Issued> {
    let mut lines = written.lines();
    assert_eq!(
        lines.next(),
        Some("login,password,account,senders,relay_host,relay_port,encryption"),
        "{written}"
    );
    lines
        .map(|line| {
            let [login, password, account, _, host, port, encryption] =
                line.split(',').collect::<Vec<_>>()[..]
            else {
                panic!("{line}")
            };
            assert_eq!((account, encryption), ("contoso", "STARTTLS"), "{line}");
            let [login, password, host] = [login, password, host].map(str::to_owned);
            Issued { login, password, host, port: port.parse().unwrap() }
        })
        .collect()
}

/// Logs in and sends, as a device does.
async fn send(postern: &Postern, device: &Issued) -> Result<(), String> {
    let certificate = fs::read_to_string(postern.path("data/tls/certificate.pem")).unwrap();
    let target = Target {
        host: "localhost".to_owned(),
        port: device.port,
        trust: tls::client_config(Some(&certificate)).unwrap(),
        timeouts: Timeouts::default(),
    };
    let proof = Proof::Password(SecretString::from(device.password.as_str()));
    let settings = Settings {
        client_name: "copier.example".to_owned(),
        tls: TlsPolicy::StartTls,
        login: Some(Login { name: device.login.clone(), proof }),
    };
    let mut connection = Connection::open(&target, settings).await.map_err(|error| error.to_string())?;
    let envelope = Envelope {
        reverse_path: ReversePath::Mailbox("scanner@contoso.example".parse().unwrap()),
        recipients: vec![format!("{}@example.com", device.login).parse().unwrap()],
        size_octets: 0,
        eight_bit: false,
        smtputf8: false,
    };
    let mail = "From: scanner@contoso.example\r\nSubject: scan\r\n\r\nx\r\n";
    let verdict = connection.send(envelope, mail.as_bytes()).await.map_err(|error| error.to_string())?;
    connection.quit().await;
    verdict.message.unwrap().map(drop).map_err(|refusal| refusal.to_string())
}

/// A product with an account and its senders.
fn start(twin: &Twin) -> Postern {
    let postern = Postern::start(twin, CONFIG);
    let added = postern.add_account("contoso", twin, &[]);
    assert!(added.status.success(), "{added:?}");
    let imported = postern.run(&["account", "import", "contoso"], "");
    assert!(imported.status.success(), "{imported:?}");
    postern
}

fn file(postern: &Postern, name: &str, text: &str) -> String {
    fs::write(postern.path(name), text).unwrap();
    path(postern, name)
}

fn path(postern: &Postern, name: &str) -> String {
    postern.path(name).to_str().unwrap().to_owned()
}

#[test]
fn a_spreadsheet_becomes_logins_that_send() {
    tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let twin = runtime.block_on(Twin::start(Options::ephemeral(Clock::system()))).unwrap();
    let postern = start(&twin);
    let (devices, output) = (file(&postern, "devices.csv", DEVICES), path(&postern, "logins.csv"));
    let imported = postern.run(&["credential", "import", &devices, "--output", &output], "");
    let said = text(&imported);
    assert!(
        said.contains("3 credentials") && said.contains(&format!("The passwords are in {output}.")),
        "{said}"
    );
    assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);

    let written = issued(&fs::read_to_string(&output).unwrap());
    let port = postern.listener("required").port();
    for device in &written {
        assert_eq!((device.host.as_str(), device.port), ("relay.contoso.example", port), "{}", device.login);
    }
    for device in &written[..2] {
        assert_eq!(runtime.block_on(send(&postern, device)), Ok(()), "{}", device.login);
    }
    let elsewhere = runtime.block_on(send(&postern, &written[2])).unwrap_err();
    assert!(elsewhere.ends_with("failed at Login"), "only its networks may use a login: {elsewhere}");
    let sent =
        || twin.backend().captured().all().filter_map(|mail| Some(mail.parts().from?.address)).collect();
    let mut authors: Vec<String> = until(|| Some(sent()).filter(|sent: &Vec<String>| sent.len() == 2));
    authors.sort();
    assert_eq!(authors, ["noreply@contoso.example", "scanner@contoso.example"]);

    let shown = postern.json(&["credential", "show", "copier-1"]);
    assert_eq!((&shown["rate_per_minute"], &shown["networks"]), (&json!(30), &json!(["127.0.0.0/8"])));
    let shown = postern.json(&["credential", "show", "copier-2"]);
    assert_eq!(shown["senders"], json!(["scanner@contoso.example", "noreply@contoso.example"]));
    assert_eq!(shown["forced_from"], "noreply@contoso.example");
    runtime.block_on(async { drop(twin) });
}

#[test]
fn a_second_run_leaves_logins_alone_and_a_wrong_row_stops_all() {
    tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let twin = runtime.block_on(Twin::start(Options::ephemeral(Clock::system()))).unwrap();
    let postern = start(&twin);
    let (devices, first) = (file(&postern, "devices.csv", DEVICES), path(&postern, "first.csv"));
    let import =
        |devices: &str, output: &str| postern.run(&["credential", "import", devices, "--output", output], "");
    assert!(import(&devices, &first).status.success());
    let before = (fs::read_to_string(&first).unwrap(), postern.json(&["credential", "list"]));

    let again = import(&devices, &first);
    assert!(again.status.success());
    assert!(text(&again).contains("all logins in the file exist already"), "{}", text(&again));
    let aside = String::from_utf8_lossy(&again.stderr);
    for login in ["copier-1", "copier-2", "copier-3"] {
        assert!(aside.contains(&format!("= login {login} exists already and is not changed")), "{aside}");
    }
    let more = file(&postern, "more.csv", &format!("{DEVICES}copier-4;;;;\r\n"));
    let refused = import(&more, &first);
    let aside = String::from_utf8_lossy(&refused.stderr);
    assert!(aside.contains("first.csv exists already and is not overwritten: name a new file"), "{aside}");
    let second = path(&postern, "second.csv");
    assert!(text(&import(&more, &second)).contains("1 credential"));
    let written = issued(&fs::read_to_string(&second).unwrap());
    assert_eq!(written.iter().map(|one| one.login.as_str()).collect::<Vec<_>>(), ["copier-4"]);
    let device = &issued(&before.0)[0];
    assert_eq!(runtime.block_on(send(&postern, device)), Ok(()), "the old password works");

    let wrong =
        "login;senders;networks;rate\nnew-1;;;5\n\nnew-2;;10.0.0.0/40;\nnew-3;nobody@;;\nnew-4;;;many\n";
    let refused = import(&file(&postern, "wrong.csv", wrong), &path(&postern, "third.csv"));
    assert_eq!(refused.status.code(), Some(1));
    let lines = text(&refused);
    let starts: Vec<&str> = lines.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(starts[..3], ["✗ line 4", "✗ line 5", "✗ line 6"], "{lines}");
    assert!(lines.contains("3 lines"), "{lines}");
    assert!(!postern.path("third.csv").exists());
    let logins = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|one| one["login"].clone()).collect()
    };
    let after = postern.json(&["credential", "list"]);
    let expected: Vec<Value> = logins(&before.1).into_iter().chain([json!("copier-4")]).collect();
    assert_eq!(logins(&after), expected);
    runtime.block_on(async { drop(twin) });
}
