//! Words that only some crates may use.

use super::{Breach, Source};

/// A word, the paths where it may stand, and the rule that keeps it there.
const WALLS: [(&str, &[&str], &str); 12] = [
    (
        "TcpListener::bind",
        &[
            "crates/smtp-server/",
            "crates/twin/",
            "crates/web/",
            "crates/postern/src/server.rs",
            "crates/postern/src/demo.rs",
            // Tries the ports for a moment.
            "crates/postern/src/commands/config/check.rs",
            "bench/",
            // What stories send web hooks to.
            "e2e/src/webhooks.rs",
        ],
        "listeners are opened by servers alone",
    ),
    (
        "env::var",
        &["crates/postern/src/config/environment.rs"],
        "only the configuration reads the environment",
    ),
    ("SELECT ", &["crates/store/src/sqlite/"], SQL),
    ("INSERT INTO", &["crates/store/src/sqlite/"], SQL),
    ("UPDATE ", &["crates/store/src/sqlite/"], SQL),
    (
        "Timestamp::now()",
        &["crates/clock/", "crates/postern/src/output/mod.rs"],
        "the time is an argument: take a Clock",
    ),
    ("SystemTime::now()", &["crates/clock/"], "the time is an argument: take a Clock"),
    // What strangers wrote must not act on a terminal; only there is it made visible.
    ("println!", &["bench/", "e2e/", "fuzz/"], "output alone writes to the terminal: use say! or aside!"),
    (
        "anstream::",
        &["bench/", "crates/postern/src/output/", "crates/postern/src/commands/serve.rs"],
        ONLY_OUTPUT,
    ),
    ("comfy_table", &["crates/postern/src/output/", "bench/"], ONLY_OUTPUT),
    ("indicatif", &["crates/postern/src/output/", "bench/"], ONLY_OUTPUT),
    // What seals secrets must never be a sequence that a test repeats.
    (
        "getrandom::",
        &["crates/clock/", "crates/store/src/sqlite/secrets/"],
        "randomness is an argument: take an Entropy",
    ),
];

const SQL: &str = "SQL is in the engines of store";
const ONLY_OUTPUT: &str = "output alone writes to the terminal";

const DELIVERY: &str = "crates/relay/src/deliver/";
const UPSTREAMS: &str = "crates/relay/src/deliver/upstream/";

/// In level 0, nothing outside.
const OUTSIDE: [&str; 5] = ["std::fs", "std::net::Tcp", "std::time::Instant", "std::thread", "println!"];
const LEVEL_ZERO: [&str; 4] = ["smtp", "message", "azure-types", "dns-records"];
/// What lies below the programs.
const BELOW_THE_TWIN: [&str; 18] = [
    "api",
    "azure-client",
    "clock",
    "control",
    "dns",
    "dns-records",
    "http-client",
    "message",
    "model",
    "provisioning",
    "relay",
    "smtp",
    "smtp-client",
    "smtp-server",
    "store",
    "tls",
    "web",
    "azure-types",
];
/// Words of the product, which its Azure does not know.
const OF_THE_PRODUCT: [&str; 5] = ["postern::", "relay::", "store::", "control::", "provisioning::"];

/// Checks one file.
pub(super) fn check(source: &Source, breaches: &mut Vec<Breach>) {
    let package = source.package();
    if package == "xtask" {
        return;
    }
    for (number, line) in source.program() {
        let code = line.split("//").next().unwrap_or_default();
        for (word, allowed, rule) in WALLS {
            if code.contains(word)
                && !source.is_test()
                && !allowed.iter().any(|path| source.path.starts_with(path))
            {
                breaches.push(source.breach(number, format!("{word}: {rule}")));
            }
        }
        let mut forbid = |words: &[&str], rule: &str| {
            for word in words.iter().filter(|word| code.contains(**word)) {
                breaches.push(source.breach(number, format!("{word}: {rule}")));
            }
        };
        if LEVEL_ZERO.contains(&package) && !source.is_test() {
            forbid(&OUTSIDE, "level 0 has no runtime, socket, file, clock or log");
        }
        if BELOW_THE_TWIN.contains(&package) && !source.is_test() {
            forbid(&["twin", "Twin"], "the product does not know the twin");
        }
        if source.path.starts_with(DELIVERY) && !source.path.starts_with(UPSTREAMS) {
            forbid(&["azure_client::"], "what is Azure's alone is in deliver/upstream/");
        }
        if package == "twin" {
            forbid(&OF_THE_PRODUCT, "the twin does not know the product");
        }
        if package == "web" && !source.is_test() {
            forbid(&["store::"], "web reads and changes by control, for a caller");
        }
        if package == "model" {
            forbid(&["Serialize"], "what model has is not serialisable");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_place() {
        let count = |path: &str, text: &str| {
            let mut breaches = Vec::new();
            check(&Source { path: path.to_owned(), text: text.to_owned() }, &mut breaches);
            breaches.len()
        };
        assert_eq!(count("crates/web/src/a.rs", "let q = \"SELECT a\";"), 1);
        assert_eq!(count("crates/store/src/a.rs", "let q = \"SELECT a\";"), 1);
        assert_eq!(count("crates/store/src/sqlite/a.rs", "let q = \"SELECT a\";"), 0);
        assert_eq!(count("crates/smtp/src/a.rs", "use std::fs;\n#[cfg(test)]\nuse std::fs;"), 1);
        assert_eq!(count("crates/relay/src/a.rs", "let now = Timestamp::now(); // TcpListener::bind"), 1);
        assert_eq!(count("crates/relay/src/a.rs", "struct TwinClient;"), 1);
        assert_eq!(count("crates/relay/src/deliver/a.rs", "use azure_client::RequestFailure;"), 1);
        assert_eq!(count("crates/relay/src/deliver/upstream/a.rs", "use azure_client::RequestFailure;"), 0);
        assert_eq!(count("crates/postern/src/commands/a.rs", "eprintln!(\"{subject}\");"), 1);
        assert_eq!(count("crates/postern/src/commands/a.rs", "use comfy_table::Cell;"), 1);
        assert_eq!(count("crates/web/src/api/a.rs", "use store::Store;"), 1);
    }
}
