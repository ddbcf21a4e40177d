//! Which refusals the log has. A minute has so many lines of a kind; what is more is counted, and said at its end.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use model::refused::Refused;
use smtp_server::log_handshake_failure;
use tls::HandshakeError;
use tracing::{debug, info};

use super::origin::Origin;

/// Counts the lines of a minute, by origin and reply.
#[derive(Debug, Default)]
pub(super) struct Lines {
    kinds: HashMap<(Origin, String), Minute>,
    /// Lines about all strangers.
    strangers: Option<Minute>,
}

#[derive(Clone, Copy, Debug)]
struct Minute {
    since: Timestamp,
    said: u32,
    held_back: u64,
}

/// Whether a refusal gets a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Say,
    HoldBack,
}

/// Refusals of a minute that got no line of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldBack {
    pub(super) origin: Option<Origin>,
    pub(super) code: String,
    pub(super) count: u64,
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Lines of a minute about one credential and reply: one a second is no accident any more.
const OF_A_CREDENTIAL: u32 = 60;
/// About one network of strangers and reply.
const OF_A_NETWORK: u32 = 5;
/// About all strangers together.
const OF_STRANGERS: u32 = 120;
/// Kinds that are counted apart.
const KINDS: usize = 4_096;

impl Lines {
    /// Whether this refusal gets a line.
    pub(super) fn hear(&mut self, refused: &Refused) -> Spoken {
        let (now, origin) = (refused.at, Origin::of(refused));
        let is_stranger = origin.is_stranger();
        let kind = (origin, refused.code.clone());
        if is_stranger && self.kinds.len() >= KINDS && !self.kinds.contains_key(&kind) {
            return self.all_strangers(now).hold_back();
        }
        let minute = self.kinds.entry(kind).or_insert_with(|| Minute::new(now));
        minute.renew(now);
        let limit = if is_stranger { OF_A_NETWORK } else { OF_A_CREDENTIAL };
        if minute.said >= limit {
            return minute.hold_back();
        }
        if is_stranger {
            let all = self.all_strangers(now);
            if all.said >= OF_STRANGERS {
                return all.hold_back();
            }
            all.said += 1;
        }
        if let Some(minute) = self.kinds.get_mut(&(Origin::of(refused), refused.code.clone())) {
            minute.said += 1;
        }
        Spoken::Say
    }

    fn all_strangers(&mut self, now: Timestamp) -> &mut Minute {
        let minute = self.strangers.get_or_insert_with(|| Minute::new(now));
        minute.renew(now);
        minute
    }

    /// Forgets the minutes that are over; says what they held back.
    pub(super) fn over(&mut self, now: Timestamp) -> Vec<HeldBack> {
        let mut all = Vec::new();
        self.kinds.retain(|(origin, code), minute| {
            let is_over = minute.is_over(now);
            if is_over && minute.held_back > 0 {
                let (origin, code) = (Some(origin.clone()), code.clone());
                all.push(HeldBack { origin, code, count: minute.held_back });
            }
            !is_over
        });
        if let Some(minute) = self.strangers.take_if(|minute| minute.is_over(now))
            && minute.held_back > 0
        {
            all.push(HeldBack { origin: None, code: String::new(), count: minute.held_back });
        }
        all
    }

    /// Whether no minute has anything to say at its end.
    pub(super) fn hold_nothing_back(&self) -> bool {
        self.kinds.is_empty() && self.strangers.is_none()
    }
}

impl Minute {
    fn new(now: Timestamp) -> Self {
        Self { since: now, said: 0, held_back: 0 }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) >= MINUTE
    }

    /// Begins the next minute. What the last one held back is said with it.
    fn renew(&mut self, now: Timestamp) {
        if self.is_over(now) {
            (self.since, self.said) = (now, 0);
        }
    }

    fn hold_back(&mut self) -> Spoken {
        self.held_back += 1;
        Spoken::HoldBack
    }
}

/// The line of one refusal. Many devices show nobody why their mail was refused.
pub(super) fn say(refused: &Refused, handshake: Option<&HandshakeError>) {
    match handshake {
        Some(error) => log_handshake_failure(refused.peer, error),
        None => say_reply(refused),
    }
}

fn say_reply(refused: &Refused) {
    let login = refused.credential.as_deref().or(refused.login.as_deref());
    if login.is_none() && is_chatter(&refused.code) {
        debug!(peer.address = %refused.peer, reply = refused.reply, reason = refused.reason, "a stranger was refused");
        return;
    }
    info!(
        peer.address = %refused.peer,
        login,
        reply = refused.reply,
        reason = refused.reason,
        message.message_id = refused.message_id,
        "a command or message was refused"
    );
}

/// What scanners get who never try to log in or to send: only of interest to those who look for it.
fn is_chatter(code: &str) -> bool {
    ["500", "501 5.5.1", "501 5.5.4", "502", "503", "554 5.5.1", "555", "421 4.4.2"]
        .into_iter()
        .any(|chatter| code.starts_with(chatter))
}

/// The line of what got no line.
pub(super) fn say_more(more: &HeldBack) {
    let (count, code) = (more.count, &more.code);
    match &more.origin {
        Some(Origin::Credential(login)) => {
            info!(login, reply = code, "and {count} more refusals like that");
        }
        Some(Origin::Network(network)) => {
            info!(peer.network = %network, reply = code, "and {count} more refusals like that");
        }
        None => info!("and {count} more refusals of clients without login"),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tls::Heard;

    use super::*;
    use crate::refusals::tests::{at, of_credential, of_stranger};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log has at its default level.
    fn logged(say: impl FnOnce()) -> String {
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::level_filters::LevelFilter::INFO)
            .with_ansi(false)
            .without_time()
            .with_writer(move || written.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, say);
        let log = log.0.lock().unwrap().clone();
        String::from_utf8(log).unwrap()
    }

    #[test]
    fn a_line_says_who_what_and_why() {
        let device = Refused {
            reason: Some("why".to_owned()),
            message_id: Some("<1@x>".to_owned()),
            ..of_credential("scanner1", 0)
        };
        assert_eq!(
            logged(|| say(&device, None)).trim_end(),
            " INFO relay::refusals::lines: a command or message was refused peer.address=10.1.2.3 login=\"scanner1\" \
             reply=\"550 5.1.7 No\" reason=\"why\" message.message_id=\"<1@x>\""
        );
        let guess = Refused { login: Some("a".into()), ..of_stranger("203.0.113.9", "535 5.7.3", 0) };
        assert!(logged(|| say(&guess, None)).contains("peer.address=203.0.113.9 login=\"a\" reply=\"535"));
        assert_eq!(logged(|| say(&of_stranger("203.0.113.9", "500 5.5.2", 0), None)), "");
        assert!(logged(|| say(&of_stranger("203.0.113.9", "538 5.7.11", 0), None)).contains("538"));
        let more = HeldBack { origin: None, code: String::new(), count: 7 };
        assert!(logged(|| say_more(&more)).contains("and 7 more refusals of clients without login"));
    }

    #[test]
    fn one_line_says_what_a_client_without_tls_offered() {
        let mut hello = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
        hello.extend_from_slice(&[0; 33]);
        hello.extend_from_slice(&[0, 2, 0, 0x2f, 1, 0]);
        let failed = |bytes: &[u8]| HandshakeError {
            heard: Heard::read(bytes),
            source: io::ErrorKind::UnexpectedEof.into(),
        };
        let refused = of_stranger("203.0.113.9", model::refused::NO_TLS, 0);
        let line = logged(|| say(&refused, Some(&failed(&hello))));
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains("TLS 1.0 at most") && line.contains("tls.versions=\"TLS 1.0\""), "{line}");
        assert_eq!(logged(|| say(&refused, Some(&failed(b"")))), "", "a health check is no news");
    }

    #[test]
    fn a_network_has_five_lines_a_minute_and_a_credential_sixty() {
        let mut lines = Lines::default();
        let said = |lines: &mut Lines, refused: &Refused| {
            (0..1_000).filter(|_| lines.hear(refused) == Spoken::Say).count()
        };
        let (stranger, device) = (of_stranger("203.0.113.9", "535 5.7.3", 0), of_credential("scanner1", 0));
        assert_eq!(said(&mut lines, &stranger), 5);
        assert_eq!(said(&mut lines, &of_stranger("203.0.113.77", "530 5.7.0", 0)), 5, "another reply");
        assert_eq!(said(&mut lines, &device), 60);
        assert_eq!(lines.over(at(59)), []);
        let mut over = lines.over(at(60));
        over.sort_by_key(|more| more.count);
        assert_eq!(over.iter().map(|more| more.count).collect::<Vec<_>>(), [940, 995, 995]);
        assert!(lines.hold_nothing_back());
        assert_eq!(lines.hear(&of_stranger("203.0.113.9", "535 5.7.3", 61)), Spoken::Say);
    }

    #[test]
    fn strangers_from_everywhere_do_not_fill_the_disk() {
        let mut lines = Lines::default();
        let from = |n: u32| of_stranger(&format!("198.{}.{}.1", n / 256 % 256, n % 256), "530 5.7.0", 0);
        let said = (0..50_000).filter(|n| lines.hear(&from(*n)) == Spoken::Say).count();
        assert_eq!(said, OF_STRANGERS as usize);
        assert!(lines.kinds.len() <= KINDS);
        assert_eq!(lines.hear(&of_credential("scanner1", 1)), Spoken::Say);
    }
}
