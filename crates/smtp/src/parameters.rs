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
    Some(OriginalRecipient { kind: kind.to_ascii_lowercase(), address: xtext::decode(address)? })
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
