//! Whether a secret gets out: every line that is logged during any story is searched, and at its end every file
//! that the server has written.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

use memchr::memmem;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use twin::state::State;

/// Lines that gave something away.
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static BEGIN: Once = Once::new();

/// What all of the twin's client secrets have in them, and all access tokens begin with.
const MARKS: [&str; 2] = ["8Q~", "eyJ0eXAi"];

/// Begins to listen, once for all stories of a process.
pub(crate) fn listen() {
    BEGIN.call_once(|| {
        let filter = EnvFilter::new("debug");
        // Somebody else may have begun to log; then nothing can be said about lines.
        let _ =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Ear).try_init();
    });
}

/// Looks at what was logged and at what was written; a secret of the twin in it is a failure.
pub(crate) fn look(state: &State, data_dir: &Path) {
    let lines = LEAKS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(lines.is_empty(), "a secret was logged: {lines:#?}");
    let mut secrets: Vec<String> = state
        .tenants
        .iter()
        .flat_map(|tenant| &tenant.apps)
        .flat_map(|app| &app.secrets)
        .map(|secret| secret.value.clone())
        .collect();
    secrets.extend(state.services.iter().flat_map(|service| service.keys.clone()));
    for file in files(data_dir) {
        let bytes = fs::read(&file).unwrap_or_default();
        for secret in &secrets {
            assert!(
                memmem::find(&bytes, secret.as_bytes()).is_none(),
                "{} holds a secret in clear",
                file.display()
            );
        }
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let (folders, mut files): (Vec<_>, Vec<_>) =
        entries.flatten().map(|entry| entry.path()).partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files
}

/// Hears every line, and keeps those that it should not have heard.
#[derive(Clone, Copy)]
struct Ear;

impl io::Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        if MARKS.iter().any(|mark| line.contains(mark)) {
            LEAKS.lock().unwrap_or_else(PoisonError::into_inner).push(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Ear {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_client::credential::{App, ClientSecret};
    use azure_client::{Authorization, Http, Token};
    use azure_types::access_key::AccessKey;
    use azure_types::graph::PasswordCredential;
    use control::{AccountChange, AuthenticationMethod};
    use jiff::Timestamp;
    use proptest::prelude::*;
    use secrecy::SecretString;
    use smtp::sasl::{Login, Proof};
    use std::fmt::Debug;
    use std::io::Write as _;
    use store::{MasterKey, NewSecret, SecretFacts, SecretName};
    use uuid::Uuid;

    #[test]
    fn the_ear_hears_what_it_should_not() {
        Ear.write_all(b"client_secret=abc8Q~defg").unwrap();
        Ear.write_all(b"all is well").unwrap();
        assert_eq!(LEAKS.lock().unwrap().len(), 1);
    }

    /// All text of a value.
    fn printed(value: &impl Debug) -> String {
        format!("{value:?} {value:#?}")
    }

    proptest! {
        #[test]
        fn no_type_prints_the_secret_in_it(canary in "[A-Za-z0-9~]{12,40}", bytes: [u8; 32]) {
            tls::install_provider();
            let secret = || SecretString::from(canary.as_str());
            let app = App {
                authority: "https://login.example".into(),
                tenant: azure_types::ids::TenantId::new(Uuid::nil()),
                client: azure_types::ids::ClientId::new(Uuid::nil()),
            };
            let facts = SecretFacts::of(&secret(), Timestamp::UNIX_EPOCH);
            let change = AccountChange { secret: Some(secret()), ..AccountChange::default() };
            let made = PasswordCredential { secret_text: Some(canary.clone()), ..PasswordCredential::default() };
            let token = Token { access_token: secret(), expires_at: Timestamp::UNIX_EPOCH };
            let key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
            let all = [
                printed(&AuthenticationMethod::ClientSecret(secret())),
                printed(&AuthenticationMethod::Certificate(secret())),
                printed(&AuthenticationMethod::AccessKey(secret())),
                printed(&change),
                printed(&NewSecret { name: SecretName::ClientSecret, secret: secret(), facts }),
                printed(&ClientSecret::new(Http::new(None).unwrap(), app, secret())),
                printed(&Authorization::Bearer(secret())),
                printed(&token),
                printed(&made),
                printed(&Login { name: "x".into(), proof: Proof::Password(secret()) }),
                printed(&Login { name: "x".into(), proof: Proof::Token(secret()) }),
                printed(&MasterKey::from_bytes(bytes)),
                printed(&AccessKey::parse(&key).unwrap()),
            ];
            for text in all {
                prop_assert!(!text.contains(&canary) && !text.contains(&key), "{}", text);
            }
        }
    }
}
