//! The extensions that a session offers: they depend on whether TLS has begun.

use super::Inner;
use super::settings::{LoginPolicy, TlsPolicy};
use crate::extension::{Extension, Extensions};

impl Inner {
    /// Whether `extension` is offered at this moment.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        match extension {
            Extension::StartTls => self.settings.tls == TlsPolicy::StartTls && !self.secured,
            Extension::Auth => {
                self.settings.login != LoginPolicy::NotOffered
                    && (self.secured || self.settings.tls == TlsPolicy::Absent)
            }
            _ => self.extensions().contains(extension),
        }
    }

    /// The extensions to offer in the clear or under TLS, whichever it is now; STARTTLS and AUTH apart.
    pub(super) fn extensions(&self) -> Extensions {
        let settings = &self.settings;
        let extensions = match settings.longest_hold {
            Some(_) => settings.extensions,
            None => settings.extensions.without(Extension::FutureRelease),
        };
        if settings.tls == TlsPolicy::StartTls && !self.secured {
            extensions.intersection(settings.extensions_in_clear)
        } else {
            extensions
        }
    }

    /// The extensions whose parameters a client may use now. RFC 5321 section 2.2.1 has extensions for clients that
    /// said EHLO; devices that said HELO use them all the same, and nothing is at stake.
    pub(super) fn usable(&self) -> Extensions {
        let usable = self.extensions().union(self.settings.tolerated);
        if self.offers(Extension::Auth) { usable.with(Extension::Auth) } else { usable }
    }

    pub(super) fn announcements(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let (settings, extensions) = (&self.settings, self.extensions());
        if extensions.contains(Extension::Size) {
            lines.push(format!("SIZE {}", settings.limits.message_octets));
        }
        for extension in [
            Extension::Pipelining,
            Extension::EightBitMime,
            Extension::BinaryMime,
            Extension::SmtpUtf8,
            Extension::EnhancedStatusCodes,
            Extension::Dsn,
        ] {
            if extensions.contains(extension) {
                lines.push(extension.keyword().to_owned());
            }
        }
        if let (true, Some(hold)) = (extensions.contains(Extension::FutureRelease), &settings.longest_hold) {
            let keyword = Extension::FutureRelease.keyword();
            lines.push(format!("{keyword} {} {}", hold.seconds, (hold.latest)()));
        }
        if settings.tls == TlsPolicy::StartTls && !self.secured {
            lines.push(Extension::StartTls.keyword().to_owned());
        } else if settings.login != LoginPolicy::NotOffered {
            let names: Vec<&str> = settings.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
            lines.push(format!("AUTH {}", names.join(" ")));
        }
        if extensions.contains(Extension::Chunking) {
            lines.push(Extension::Chunking.keyword().to_owned());
        }
        lines
    }
}
