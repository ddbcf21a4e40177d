//! What is measured.

use std::time::Duration;

/// A way to load a server.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Sessions at once.
    pub(crate) sessions: usize,
    /// Messages after which a session starts anew.
    pub(crate) messages_per_session: u64,
    /// Size of a message.
    pub(crate) message_bytes: usize,
    /// What happens behind the server.
    pub(crate) upstream: Upstream,
    /// Whether the peer can do the same.
    pub(crate) suits_peer: bool,
    /// Whether Event Grid posts an event for each message, an endpoint gets web hooks, and metrics are read meanwhile.
    pub(crate) is_watched: bool,
}

/// What happens behind the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// Nothing leaves until the load is over.
    Held,
    /// The Email API, which takes this long to answer.
    Rest(Duration),
    /// SMTP, which takes this long to answer.
    Smtp(Duration),
    /// No mail at all.
    Idle,
}

/// As far as Azure is from most places.
const AZURE: Duration = Duration::from_millis(200);
/// Enough that nobody reconnects in between.
const MANY: u64 = 5_000;
const KIB: usize = 1_024;

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 14] = [
    accept("accept-4k", "Accept and sync 4 KiB messages; nothing leaves meanwhile", 4 * KIB),
    accept("accept-50k", "The same with 50 KiB", 50 * KIB),
    accept("accept-100k", "The same with 100 KiB", 100 * KIB),
    accept("accept-10m", "The same with 10 MB", 10_000_000),
    Scenario {
        name: "connections",
        about: "A TLS 1.3 handshake, a login and one 4 KiB message on each connection",
        messages_per_session: 1,
        ..accept("", "", 4 * KIB)
    },
    relayed(
        "rest-4k",
        "Accept 4 KiB messages and send them on by the Email API",
        20,
        4 * KIB,
        Upstream::Rest(Duration::ZERO),
    ),
    relayed("smtp-4k", "The same by SMTP", 20, 4 * KIB, Upstream::Smtp(Duration::ZERO)),
    relayed(
        "rest-100k",
        "The same with 100 KB by the Email API",
        20,
        100_000,
        Upstream::Rest(Duration::ZERO),
    ),
    relayed("smtp-100k", "The same with 100 KB by SMTP", 20, 100_000, Upstream::Smtp(Duration::ZERO)),
    relayed(
        "rest-4k-200ms",
        "4 KiB by an Email API that takes 200 ms to answer",
        20,
        4 * KIB,
        Upstream::Rest(AZURE),
    ),
    relayed(
        "smtp-4k-200ms",
        "4 KiB by an SMTP endpoint that takes 200 ms to answer",
        20,
        4 * KIB,
        Upstream::Smtp(AZURE),
    ),
    Scenario {
        name: "accept-4k-watched",
        about: "accept-4k with web hooks for each message and metrics read each second, beside a server without",
        suits_peer: false,
        is_watched: true,
        ..accept("", "", 4 * KIB)
    },
    Scenario {
        name: "rest-4k-watched",
        about: "rest-4k with an event of Event Grid and web hooks for each message, and metrics read each second",
        suits_peer: false,
        is_watched: true,
        ..relayed("", "", 20, 4 * KIB, Upstream::Rest(Duration::ZERO))
    },
    Scenario {
        name: "idle",
        about: "Memory of a session that is logged in over TLS and does nothing",
        upstream: Upstream::Idle,
        ..accept("", "", 0)
    },
];

const fn accept(name: &'static str, about: &'static str, message_bytes: usize) -> Scenario {
    Scenario {
        name,
        about,
        sessions: 20,
        messages_per_session: MANY,
        message_bytes,
        upstream: Upstream::Held,
        suits_peer: true,
        is_watched: false,
    }
}

const fn relayed(
    name: &'static str,
    about: &'static str,
    sessions: usize,
    message_bytes: usize,
    upstream: Upstream,
) -> Scenario {
    // A peer that speaks SMTP only is measured by SMTP, beside either of ours.
    Scenario { name, about, sessions, upstream, ..accept("", "", message_bytes) }
}

impl Scenario {
    /// Whether the generator's own limit is worth knowing.
    pub(crate) fn has_ceiling(&self) -> bool {
        self.upstream == Upstream::Held
    }

    /// How long the sink takes to answer.
    pub(crate) fn delay(&self) -> Duration {
        match self.upstream {
            Upstream::Rest(delay) | Upstream::Smtp(delay) => delay,
            Upstream::Held | Upstream::Idle => Duration::ZERO,
        }
    }
}
