//! Signatures of web hooks: Standard Webhooks 1.0.0, the symmetric scheme `v1`.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

/// What requests to an endpoint are signed with.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

/// The text is not a signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is `whsec_` and 24 to 64 bytes in base64")]
pub struct NotASigningSecret;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

impl SigningSecret {
    /// A secret of 32 random bytes, in the standard alphabet: the libraries of receivers refuse or shorten another.
    #[must_use]
    pub fn of(random: [u8; 32]) -> Self {
        Self(SecretString::from(format!("{PREFIX}{}", STANDARD.encode(random))))
    }

    /// The text to store, and to give the operator once.
    #[must_use]
    pub fn text(&self) -> &SecretString {
        &self.0
    }

    /// The signature of a request: its id, when it is sent, in seconds, and its body.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes(self.0.expose_secret()).unwrap_or_default());
        let mut context = hmac::Context::with_key(&key);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl FromStr for SigningSecret {
    type Err = NotASigningSecret;

    fn from_str(text: &str) -> Result<Self, NotASigningSecret> {
        let length = bytes(text).ok_or(NotASigningSecret)?.len();
        match length {
            24..=64 => Ok(Self(SecretString::from(text))),
            _ => Err(NotASigningSecret),
        }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, whose signature its own libraries give.
    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        let secret: SigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_read_as_they_are_made() {
        let made = SigningSecret::of([0xfb; 32]);
        assert!(made.text().expose_secret().contains('+'), "the standard alphabet");
        assert!(made.text().expose_secret().parse::<SigningSecret>().is_ok());
        for wrong in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_",
        ] {
            assert_eq!(wrong.parse::<SigningSecret>().err(), Some(NotASigningSecret), "{wrong}");
        }
        assert_eq!(format!("{made:?}"), "SigningSecret");
    }
}
