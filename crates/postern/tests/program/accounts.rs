//! An account that cannot send, and several accounts of which one is meant.

use clock::Clock;
use twin::{Effect, InjectedFault, Operation, Options, Twin};

use crate::server::{Postern, text};

const CONFIG: &str = "[[listener]]\naddress = '127.0.0.1:0'\nmode = 'starttls'\n";

fn names(postern: &Postern) -> Vec<String> {
    let accounts = postern.json(&["account", "list"]);
    accounts.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// No token is given to anybody.
fn refuse_tokens(twin: &Twin) {
    let effect = Effect::Answer {
        status: 401,
        code: "invalid_client".to_owned(),
        message: "AADSTS7000215: Invalid client secret provided.".to_owned(),
        retry_after: None,
    };
    twin.backend().arm(InjectedFault { operation: Operation::Token, effect, times: None, one_in: None });
}

#[test]
fn an_account_that_cannot_send_stays_or_goes_as_it_was_said() {
    tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let twin = runtime.block_on(Twin::start(Options::ephemeral(Clock::system()))).unwrap();
    let postern = Postern::start(&twin, CONFIG);
    refuse_tokens(&twin);
    for (what, there) in [("remove", &[][..]), ("keep", &["contoso"])] {
        let added = postern.add_account("contoso", &twin, &["--no-wait", "--if-not-ready", what]);
        let aside = String::from_utf8_lossy(&added.stderr);
        assert_eq!(added.status.code(), Some(1), "{what}: {added:?}");
        assert_eq!(names(&postern), there, "{what}");
        let is_removed = aside.contains("nothing is stored");
        assert_eq!(is_removed, there.is_empty(), "{what}: {aside}");
    }
    // Where nobody can be asked, what was typed is not lost.
    assert!(postern.run(&["account", "remove", "contoso"], "").status.success());
    let added = postern.add_account("contoso", &twin, &["--no-wait"]);
    assert_eq!((added.status.code(), &names(&postern)[..]), (Some(1), &["contoso".to_owned()][..]));
    assert!(text(&added).contains("postern account verify contoso"));
    runtime.block_on(async { drop(twin) });
}

#[test]
fn where_one_of_several_accounts_is_meant_the_option_and_the_accounts_are_named() {
    tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let twin = runtime.block_on(Twin::start(Options::ephemeral(Clock::system()))).unwrap();
    let postern = Postern::start(&twin, CONFIG);
    let devices = postern.path("devices.csv");
    std::fs::write(&devices, "login\ncopier\n").unwrap();
    let commands: [&[&str]; 4] = [
        &["credential", "add", "scanner1"],
        &["credential", "import", devices.to_str().unwrap()],
        &["sender", "add", "scanner@contoso.example"],
        &["plan"],
    ];
    let complaint = |command: &[&str]| {
        let refused = postern.run(command, "");
        assert!(!refused.status.success(), "{command:?}");
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    for command in commands {
        let said = complaint(command);
        assert!(said.contains("there is no account yet: `postern account guide` leads to one"), "{said}");
    }
    for name in ["contoso", "fabrikam"] {
        let added = postern.add_account(name, &twin, &["--no-verify"]);
        assert!(added.status.success(), "{added:?}");
    }
    for command in commands {
        let said = complaint(command);
        let expected = "say which account is meant, with --account NAME; there are contoso, fabrikam";
        assert!(said.contains(expected), "{command:?}: {said}");
    }
    assert!(postern.run(&[commands[0], &["--account", "fabrikam"]].concat(), "").status.success());
    runtime.block_on(async { drop(twin) });
}
