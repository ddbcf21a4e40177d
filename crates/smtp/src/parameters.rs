//! Parameters of MAIL and RCPT, as the extensions define them.

use crate::extension::{Extension, Extensions};
use crate::xtext;

/// What a client says about the message in MAIL FROM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// SIZE: octets the client means to send (RFC 1870 section 6.3).
    pub size_octets: Option<u64>,
    /// BODY (RFC 6152, RFC 3030 section 3).
    pub body: Body,
    /// SMTPUTF8: addresses or header fields are not ASCII (RFC 6531).
    pub smtputf8: bool,
    /// RET: how much of the message a DSN returns (RFC 3461 section 4.3).
    pub ret: Option<Ret>,
    /// ENVID, decoded (RFC 3461 section 4.4).
    pub envelope_id: Option<String>,
    /// HOLDFOR or HOLDUNTIL (RFC 4865 section 4).
    pub hold: Option<Hold>,
}

/// Until when a client wants a message to be held (RFC 4865).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// So many seconds.
    For(u32),
    /// Until a time in the form of RFC 3339, as the client wrote it. Whether there is such a day is not checked.
    Until(String),
}

/// BODY= of RFC 6152 and RFC 3030.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Seven bits, or nothing said.
    #[default]
    SevenBit,
    EightBitMime,
    /// `BINARYMIME`: lines do not count, and only BDAT can carry it.
    BinaryMime,
}

/// RET= of RFC 3461.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// The whole message.
    Full,
    /// Its header section only.
    Headers,
}

/// What a client asks for one recipient in RCPT TO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientParameters {
    /// NOTIFY; `None` when nothing was said, which means failure and, as we please, delay.
    pub notify: Option<Notify>,
    /// ORCPT: type and address, decoded.
    pub original_recipient: Option<OriginalRecipient>,
}

/// NOTIFY= of RFC 3461 section 4.1. All three false is `NEVER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    pub success: bool,
    pub failure: bool,
    pub delay: bool,
}

/// ORCPT= of RFC 3461 section 4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// Address type, such as `rfc822`.
    pub kind: String,
    /// The address as the sender first wrote it.
    pub address: String,
}

/// Why a parameter was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The parameter is unknown, or belongs to an extension that is not offered: 555 (RFC 5321 section 4.1.1.11).
    #[error("parameter {0} is not known here")]
    Unknown(String),
    /// The value does not fit: 501.
    #[error("the value of parameter {0} is not valid")]
    Value(String),
    /// The same parameter stands there twice: 501.
    #[error("parameter {0} is given twice")]
    Repeated(String),
}

/// RFC 3461 section 4.4 ends an ENVID at 100 characters.
const MAX_ENVID: usize = 100;
/// RFC 3461 section 4.2 ends an ORCPT at 500 characters.
const MAX_ORCPT: usize = 500;

impl MailParameters {
    /// Reads the text behind the reverse-path.
    ///
    /// # Errors
    /// When a parameter is not known among `offered`, has a bad value or is repeated.
    pub fn parse(text: &str, offered: &Extensions) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        each(text, |keyword, value| {
            let extension = match keyword {
                "SIZE" => Extension::Size,
                "BODY" => Extension::EightBitMime,
                "SMTPUTF8" => Extension::SmtpUtf8,
                "RET" | "ENVID" => Extension::Dsn,
                "HOLDFOR" | "HOLDUNTIL" => Extension::FutureRelease,
                "AUTH" => Extension::Auth,
                _ => return Err(Unfit::Keyword),
            };
            if !offered.contains(extension) {
                return Err(Unfit::Keyword);
            }
            parameters.set(keyword, value).ok_or(Unfit::Value)
        })?;
        if parameters.body == Body::BinaryMime && !offered.contains(Extension::BinaryMime) {
            return Err(ParameterError::Value("BODY".to_owned()));
        }
        Ok(parameters)
    }

    fn set(&mut self, keyword: &str, value: Option<&str>) -> Option<()> {
        match keyword {
            // A device that did not know the size: as if it had said nothing.
            "SIZE" if value.is_none_or(str::is_empty) => {}
            "SIZE" => self.size_octets = Some(size(value?)?),
            "BODY" => self.body = body(value?)?,
            "SMTPUTF8" => return value.is_none().then(|| self.smtputf8 = true),
            "RET" if value?.eq_ignore_ascii_case("FULL") => self.ret = Some(Ret::Full),
            "RET" if value?.eq_ignore_ascii_case("HDRS") => self.ret = Some(Ret::Headers),
            "ENVID" if value?.len() <= MAX_ENVID => self.envelope_id = Some(xtext::decode(value?)?),
            // RFC 4865 section 4: never both.
            "HOLDFOR" if self.hold.is_none() => self.hold = Some(Hold::For(seconds(value?)?)),
            "HOLDUNTIL" if self.hold.is_none() => self.hold = Some(Hold::Until(date_time(value?)?)),
            // RFC 4954 section 5: an identity that a server in our place does not pass on.
            "AUTH" => drop(xtext::decode(value?)?),
            _ => return None,
        }
        Some(())
    }
}

impl RecipientParameters {
    /// Reads the text behind the forward-path.
    ///
    /// # Errors
    /// When a parameter is not known among `offered`, has a bad value or is repeated.
    pub fn parse(text: &str, offered: &Extensions) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        each(text, |keyword, value| {
            if !matches!(keyword, "NOTIFY" | "ORCPT") || !offered.contains(Extension::Dsn) {
                return Err(Unfit::Keyword);
            }
            parameters.set(keyword, value.ok_or(Unfit::Value)?).ok_or(Unfit::Value)
        })?;
        Ok(parameters)
    }

    fn set(&mut self, keyword: &str, value: &str) -> Option<()> {
        match keyword {
            "NOTIFY" => self.notify = Some(notify(value)?),
            _ => self.original_recipient = Some(original_recipient(value)?),
        }
        Some(())
    }
}

enum Unfit {
    Keyword,
    Value,
}

/// Calls `set` with each keyword in upper case and its value.
fn each(
    text: &str,
    mut set: impl FnMut(&str, Option<&str>) -> Result<(), Unfit>,
) -> Result<(), ParameterError> {
    let mut seen: Vec<String> = Vec::new();
    for parameter in text.split_ascii_whitespace() {
        let (keyword, value) = match parameter.split_once('=') {
            Some((keyword, value)) => (keyword.to_ascii_uppercase(), Some(value)),
            None => (parameter.to_ascii_uppercase(), None),
        };
        if seen.contains(&keyword) {
            return Err(ParameterError::Repeated(keyword));
        }
        match set(&keyword, value) {
            Ok(()) => seen.push(keyword),
            Err(Unfit::Keyword) => return Err(ParameterError::Unknown(keyword)),
            Err(Unfit::Value) => return Err(ParameterError::Value(keyword)),
        }
    }
    Ok(())
}

/// RFC 1870 section 6.3: one to twenty digits.
fn size(value: &str) -> Option<u64> {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    if digits { Some(value.parse().unwrap_or(u64::MAX)) } else { None }
}

/// RFC 4865 section 4: one to nine digits.
fn seconds(value: &str) -> Option<u32> {
    let is_number = (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|_| is_number)
}

/// RFC 3339 section 5.6, as RFC 4865 section 4 takes it.
fn date_time(value: &str) -> Option<String> {
    let matches = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte == form,
            })
    };
    let upper = value.to_ascii_uppercase();
    let (local, behind) = upper.split_at_checked("2026-11-29T10:00:00".len())?;
    let zone_at = behind.find(['Z', '+', '-'])?;
    let (fraction, zone) = behind.split_at(zone_at);
    let digits = fraction.strip_prefix('.').unwrap_or("0");
    let is_fraction = (fraction.is_empty() || fraction.starts_with('.')) && (1..=9).contains(&digits.len());
    let is_zone = zone == "Z" || matches(zone, "+00:00") || matches(zone, "-00:00");
    let is_time = matches(local, "0000-00-00T00:00:00")
        && is_fraction
        && digits.bytes().all(|b| b.is_ascii_digit())
        && is_zone;
    is_time.then_some(upper)
}

fn body(value: &str) -> Option<Body> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Some(Body::SevenBit),
        "8BITMIME" => Some(Body::EightBitMime),
        "BINARYMIME" => Some(Body::BinaryMime),
        _ => None,
    }
}

fn notify(value: &str) -> Option<Notify> {
    if value.eq_ignore_ascii_case("NEVER") {
        return Some(Notify::default());
    }
    let mut notify = Notify::default();
    for event in value.split(',') {
        let flag = match event.to_ascii_uppercase().as_str() {
            "SUCCESS" => &mut notify.success,
            "FAILURE" => &mut notify.failure,
            "DELAY" => &mut notify.delay,
            _ => return None,
        };
        *flag = true;
    }
    Some(notify)
}

fn original_recipient(value: &str) -> Option<OriginalRecipient> {
    let (kind, address) = value.split_once(';')?;
    let plausible = value.len() <= MAX_ORCPT
        && !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !plausible {
        return None;
    }
    let kind = kind.to_ascii_lowercase();
    let address = if kind == "utf-8" { xtext::decode_utf8(address)? } else { xtext::decode(address)? };
    Some(OriginalRecipient { kind, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<MailParameters, ParameterError> {
        MailParameters::parse(text, &Extensions::all().without(Extension::BinaryMime))
    }

    fn recipient(text: &str) -> Result<RecipientParameters, ParameterError> {
        RecipientParameters::parse(text, &Extensions::all())
    }

    #[test]
    fn all_known_parameters_of_mail_are_read() {
        let parameters = mail(" size=1024 BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=a+2Bb AUTH=<>").unwrap();
        assert_eq!(parameters.size_octets, Some(1024));
        assert_eq!(parameters.body, Body::EightBitMime);
        assert!(parameters.smtputf8);
        assert_eq!(parameters.ret, Some(Ret::Headers));
        assert_eq!(parameters.envelope_id.as_deref(), Some("a+b"));
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (text, keyword) in [
            ("SIZE=-1", "SIZE"),
            ("SIZE=1e3", "SIZE"),
            ("BODY=BINARYMIME", "BODY"),
            ("SMTPUTF8=1", "SMTPUTF8"),
            ("RET=ALL", "RET"),
            ("ENVID=a=b", "ENVID"),
            ("HOLDFOR=", "HOLDFOR"),
            ("HOLDFOR=-1", "HOLDFOR"),
            ("HOLDFOR=1234567890", "HOLDFOR"),
            ("HOLDUNTIL=90s", "HOLDUNTIL"),
            ("HOLDUNTIL=2026-11-29T10:00:00", "HOLDUNTIL"),
            ("HOLDUNTIL=2026-11-29T10:00:00.Z", "HOLDUNTIL"),
            ("HOLDFOR=9 HOLDUNTIL=2026-11-29T10:00:00Z", "HOLDUNTIL"),
        ] {
            assert_eq!(mail(text), Err(ParameterError::Value(keyword.into())), "{text}");
        }
        for nothing in ["SIZE", "SIZE=", " \t"] {
            assert_eq!(mail(nothing), Ok(MailParameters::default()), "{nothing:?}");
        }
        assert_eq!(mail("SIZE=1 size=2"), Err(ParameterError::Repeated("SIZE".into())));
        assert_eq!(mail("BY=120;R"), Err(ParameterError::Unknown("BY".into())));
        assert_eq!(mail("SIZE=99999999999999999999").unwrap().size_octets, Some(u64::MAX));
    }

    #[test]
    fn a_parameter_of_an_extension_that_is_not_offered_is_unknown() {
        let offered = Extensions::none().with(Extension::Size);
        assert!(MailParameters::parse("SIZE=3", &offered).is_ok());
        assert_eq!(MailParameters::parse("BODY=7BIT", &offered), Err(ParameterError::Unknown("BODY".into())));
        assert_eq!(
            RecipientParameters::parse("NOTIFY=NEVER", &offered),
            Err(ParameterError::Unknown("NOTIFY".into()))
        );
        let binary = MailParameters::parse("BODY=binarymime", &Extensions::all()).map(|p| p.body);
        assert_eq!(binary, Ok(Body::BinaryMime));
    }

    #[test]
    fn a_hold_is_so_long_or_until_then() {
        assert_eq!(mail("HOLDFOR=3600").unwrap().hold, Some(Hold::For(3_600)));
        for text in ["2026-11-29T10:00:00Z", "2026-11-29t10:00:00.25z", "2026-11-29T10:00:00+01:00"] {
            let hold = mail(&format!("HOLDUNTIL={text}")).unwrap().hold;
            assert_eq!(hold, Some(Hold::Until(text.to_ascii_uppercase())), "{text}");
        }
    }

    #[test]
    fn an_original_recipient_may_be_beyond_ascii() {
        let address = |text: &str| recipient(text).map(|one| one.original_recipient.unwrap().address);
        for text in [r"ORCPT=utf-8;j\x{FC}rgen\x{2B}x@example.com", "ORCPT=UTF-8;jürgen+2Bx@example.com"] {
            assert_eq!(address(text).as_deref(), Ok("jürgen+x@example.com"), "{text}");
        }
        for text in [
            r"ORCPT=utf-8;a\x{D800}b",
            r"ORCPT=utf-8;a\x{0A}b",
            r"ORCPT=utf-8;a\x{}b",
            r"ORCPT=utf-8;a\x{1234567}b",
            r"ORCPT=utf-8;a\x{FC",
            r"ORCPT=utf-8;a\b",
            "ORCPT=rfc822;jürgen@example.com",
        ] {
            assert!(matches!(address(text), Err(ParameterError::Value(_))), "{text}");
        }
    }

    #[test]
    fn delivery_wishes_are_read() {
        let parameters = recipient(" NOTIFY=success,DELAY ORCPT=rfc822;Bob+2Bx@example.com").unwrap();
        assert_eq!(parameters.notify, Some(Notify { success: true, failure: false, delay: true }));
        let original = parameters.original_recipient.unwrap();
        assert_eq!((original.kind.as_str(), original.address.as_str()), ("rfc822", "Bob+x@example.com"));
        assert_eq!(recipient("NOTIFY=NEVER").unwrap().notify, Some(Notify::default()));
        for text in
            ["NOTIFY=NEVER,FAILURE", "NOTIFY=", "NOTIFY", "ORCPT=bob", "ORCPT=;bob", "ORCPT=rfc822;a=b"]
        {
            assert!(matches!(recipient(text), Err(ParameterError::Value(_))), "{text}");
        }
    }
}
