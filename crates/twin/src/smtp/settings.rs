//! How Azure's server presents itself.

use smtp::extension::{Extension, Extensions};
use smtp::sasl::Mechanism;
use smtp::server::{Limits, LoginPolicy, Settings, TlsPolicy, Wording};

use crate::keys::random_guid;
use crate::state::{OfferedExtensions, SmtpBehaviour};

/// What SIZE says, although 10 MB are taken.
const ANNOUNCED_BYTES: u64 = 31_457_280;

/// The settings of one session. Behind the name are many machines: each session meets another.
pub(crate) fn settings(behaviour: &SmtpBehaviour) -> Settings {
    let pod = random_guid().simple().to_string();
    let thin = Extensions::none().with(Extension::Size).with(Extension::Chunking);
    let full = thin
        .with(Extension::EnhancedStatusCodes)
        .with(Extension::EightBitMime)
        .with(Extension::BinaryMime)
        .with(Extension::SmtpUtf8);
    let replies = &behaviour.replies;
    Settings {
        host_name: format!("ic3-transport-smtp-acs-deployment-{}-{}", &pod[..10], &pod[10..15]),
        banner: behaviour.banner.clone(),
        extensions: match behaviour.extensions {
            OfferedExtensions::Full => full,
            OfferedExtensions::Thin => thin,
        },
        extensions_in_clear: thin,
        tolerated: Extensions::none(),
        longest_hold: None,
        mechanisms: vec![Mechanism::Login, Mechanism::XOAuth2],
        tls: TlsPolicy::StartTls,
        login: LoginPolicy::Required,
        limits: Limits { message_octets: ANNOUNCED_BYTES, recipients: 1_000, ..Limits::default() },
        wording: Wording {
            tls_first: replies.tls_first.refusal(),
            login_first: replies.login_first.refusal(),
            unknown_mechanism: replies.unknown_mechanism.refusal(),
        },
    }
}
