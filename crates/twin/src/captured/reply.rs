//! Recipients that choose the reply they get: `defer+451@...`, `reject+550-5.1.1@...`.

use smtp::reply::Refusal;

/// What a recipient wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChosenReply {
    code: u16,
    status: (u16, u16),
}

impl ChosenReply {
    /// Reads the reply off a local part: `defer` or `reject`, a `+`, three digits and, if it is to be another than
    /// the usual one, a `-` and an enhanced status code. Without digits it is 451 or 550.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let local_part = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let (word, rest) = local_part.split_once('+').unwrap_or((&local_part, ""));
        let usual = match word {
            "defer" => 451,
            "reject" => 550,
            _ => return None,
        };
        let (code, status) = rest.split_once('-').unwrap_or((rest, ""));
        let code = code.parse().ok().filter(|code| (400..600).contains(code)).unwrap_or(usual);
        Some(Self { code, status: read_status(status).unwrap_or(usual_status(code)) })
    }

    /// Whether the sender should try again.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        self.code < 500
    }

    /// The reply by SMTP.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let refusal = if self.is_temporary() {
            Refusal::temporary(self.code, self.status, "")
        } else {
            Refusal::permanent(self.code, self.status, "")
        };
        refusal.with_text("The recipient wants this reply")
    }
}

/// Subject and detail of `4.7.1`; the class follows from the reply's code.
fn read_status(text: &str) -> Option<(u16, u16)> {
    let mut numbers = text.split('.').skip(1).map(|number| number.parse().ok().filter(|n| *n < 1_000));
    Some((numbers.next()??, numbers.next()??))
}

/// RFC 3463 section 3, where the code alone says what is meant (RFC 5321 section 4.2.3).
fn usual_status(code: u16) -> (u16, u16) {
    match code {
        421 => (4, 2),
        450 => (2, 1),
        451 => (3, 0),
        452 | 552 => (2, 2),
        550 => (1, 1),
        551 => (1, 6),
        553 => (1, 3),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_the_reply() {
        for (address, expected) in [
            ("defer+451@example.com", Some("451 4.3.0")),
            ("Defer@example.com", Some("451 4.3.0")),
            ("reject+550@example.com", Some("550 5.1.1")),
            ("reject@example.com", Some("550 5.1.1")),
            ("reject+554-5.7.1@example.com", Some("554 5.7.1")),
            ("defer+421@example.com", Some("421 4.4.2")),
            ("reject+999@example.com", Some("550 5.1.1")),
            ("reject+550-5.9999.1@example.com", Some("550 5.1.1")),
            ("rejected@example.com", None),
            ("someone@reject.example", None),
        ] {
            let reply = ChosenReply::of(address).map(|chosen| {
                let mut written = Vec::new();
                chosen.refusal().reply().write_to(&mut written);
                String::from_utf8(written).unwrap()
            });
            let begins = expected.map(|expected| format!("{expected} The recipient wants this reply\r\n"));
            assert_eq!(reply, begins, "{address}");
        }
    }
}
