//! From the greeting to a session that is secured and logged in.

use super::{ProtocolError, Session, Stage, StartTls, State, Step, TlsPolicy, refused_or_malformed};
use crate::extension::{Extension, Offered};
use crate::reply::{Reply, Severity};
use crate::sasl::{self, Mechanism, Proof};
use secrecy::ExposeSecret as _;

/// Which reply comes next.
#[derive(Debug)]
pub(super) enum Hello {
    Greeting,
    Ehlo,
    StartTls,
    /// AUTH with its initial response; the verdict comes next.
    Verdict(Mechanism),
    /// AUTH LOGIN: the server asks for the name.
    Name,
    /// AUTH LOGIN: the server asks for the password.
    Password,
}

impl Hello {
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::Greeting => Stage::Greeting,
            Self::Ehlo => Stage::Hello,
            Self::StartTls => Stage::StartTls,
            Self::Verdict(_) | Self::Name | Self::Password => Stage::Login,
        }
    }
}

impl Session {
    /// Takes the reply that `hello` waited for.
    pub(super) fn greeted(mut self, hello: Hello, reply: Reply) -> Result<Self, Step> {
        let stage = hello.stage();
        match (hello, reply.severity()) {
            (Hello::Greeting, Severity::Positive) => Ok(self.say_hello()),
            (Hello::Ehlo, Severity::Positive) => {
                self.0.offered = Offered::parse(reply.text());
                self.secure_or_log_in()
            }
            (Hello::StartTls, Severity::Positive) => {
                if self.0.input.is_empty() {
                    Err(Step::StartTls(StartTls(self)))
                } else {
                    Err(self.failed(stage, ProtocolError::Injection))
                }
            }
            (Hello::Name, Severity::Intermediate) => {
                let name = self.0.settings.login.as_ref().map(|login| sasl::encode(login.name.as_bytes()));
                Ok(self.wait_after(&name.unwrap_or_default(), Hello::Password))
            }
            (Hello::Password, Severity::Intermediate) => {
                let password = self.0.settings.login.as_ref().map(|login| match &login.proof {
                    Proof::Password(secret) | Proof::Token(secret) => {
                        sasl::encode(secret.expose_secret().as_bytes())
                    }
                });
                Ok(self.wait_after(&password.unwrap_or_default(), Hello::Verdict(Mechanism::Login)))
            }
            // XOAUTH2 gives its reason as a 334; an empty line asks for the refusal itself.
            (Hello::Verdict(Mechanism::XOAuth2), Severity::Intermediate) => {
                Ok(self.wait_after("", Hello::Verdict(Mechanism::XOAuth2)))
            }
            (Hello::Verdict(_), Severity::Positive) => {
                self.0.state = State::Idle;
                Ok(self)
            }
            _ => Err(self.failed(stage, refused_or_malformed(reply))),
        }
    }

    pub(super) fn say_hello(self) -> Self {
        let line = format!("EHLO {}", self.0.settings.client_name);
        self.wait_after(&line, Hello::Ehlo)
    }

    fn secure_or_log_in(mut self) -> Result<Self, Step> {
        if self.0.settings.tls == TlsPolicy::StartTls && !self.0.secured {
            if !self.0.offered.extensions.contains(Extension::StartTls) {
                return Err(self.failed(Stage::StartTls, ProtocolError::NoTls));
            }
            return Ok(self.wait_after("STARTTLS", Hello::StartTls));
        }
        let Some(login) = &self.0.settings.login else {
            self.0.state = State::Idle;
            return Ok(self);
        };
        let offers = |mechanism| self.0.offered.mechanisms.contains(&mechanism);
        let (line, next) = match &login.proof {
            Proof::Password(password) if offers(Mechanism::Plain) => {
                let response = sasl::plain_response(&login.name, password);
                (format!("AUTH PLAIN {response}"), Hello::Verdict(Mechanism::Plain))
            }
            Proof::Password(_) if offers(Mechanism::Login) => ("AUTH LOGIN".to_owned(), Hello::Name),
            Proof::Token(token) if offers(Mechanism::XOAuth2) => {
                let response = sasl::xoauth2_response(&login.name, token);
                (format!("AUTH XOAUTH2 {response}"), Hello::Verdict(Mechanism::XOAuth2))
            }
            Proof::Password(_) | Proof::Token(_) => {
                return Err(self.failed(Stage::Login, ProtocolError::NoMechanism));
            }
        };
        Ok(self.wait_after(&line, next))
    }

    fn wait_after(mut self, line: &str, next: Hello) -> Self {
        self.0.command(line);
        self.0.state = State::Hello(next);
        self
    }
}
