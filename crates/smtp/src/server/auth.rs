//! AUTH: the exchanges of RFC 4954 up to a login that somebody else must check.

use std::ops::ControlFlow;

use super::{Authenticate, Flow, LoginPolicy, Session, State, Step, wording};
use crate::extension::Extension;
use crate::line;
use crate::reply::{Refusal, Reply};
use crate::sasl::{self, Login, Mechanism, Proof, Unusable};

/// Where an exchange stands: what the client's next line is.
#[derive(Debug)]
pub(super) enum Exchange {
    Plain,
    LoginName,
    LoginPassword {
        name: String,
    },
    XOAuth2,
    /// An XOAUTH2 client was shown why it failed and now owes an empty line before its refusal.
    XOAuth2Refused(Refusal),
}

impl Session {
    pub(super) fn begin_login(self, mechanism: &str, initial: Option<&str>) -> Flow {
        let inner = &self.0;
        if inner.settings.login == LoginPolicy::NotOffered {
            return self.refuse(&wording::NO_LOGIN_HERE);
        }
        // Old devices say HELO and log in all the same.
        if inner.client.is_none() {
            return self.refuse(&wording::GREET_FIRST);
        }
        if !inner.offers(Extension::Auth) {
            return self.refuse(&wording::TLS_BEFORE_LOGIN);
        }
        if inner.logged_in {
            return self.refuse(&wording::ALREADY_LOGGED_IN);
        }
        if inner.transaction.is_some() {
            return self.refuse(&wording::OUT_OF_ORDER);
        }
        let offered = Mechanism::from_name(mechanism).filter(|m| inner.settings.mechanisms.contains(m));
        let exchange = match offered {
            Some(Mechanism::Plain) => Exchange::Plain,
            Some(Mechanism::Login) => Exchange::LoginName,
            Some(Mechanism::XOAuth2) => Exchange::XOAuth2,
            None => {
                let refusal = inner.settings.wording.unknown_mechanism.clone();
                return self.refuse(&refusal);
            }
        };
        match initial {
            Some(response) => self.continue_login(exchange, response),
            None => self.prompt(exchange),
        }
    }

    /// Reads the next line of an exchange.
    pub(super) fn next_login_line(mut self, exchange: Exchange) -> Flow {
        let line = match line::take(&mut self.0.input, self.0.settings.limits.login_line_octets) {
            Ok(Some(line)) => line,
            Ok(None) => {
                self.0.state = State::Login(exchange);
                return ControlFlow::Break(Step::NeedsInput(self));
            }
            Err(error) => return self.end_for_bad_line(error),
        };
        if let Exchange::XOAuth2Refused(refusal) = exchange {
            return self.refuse(&refusal);
        }
        match std::str::from_utf8(&line).map(str::trim) {
            Ok("*") => self.refuse(&wording::LOGIN_CANCELLED),
            Ok(response) => self.continue_login(exchange, response),
            Err(_) => self.refuse(&unusable(Unusable::Base64)),
        }
    }

    fn continue_login(self, exchange: Exchange, response: &str) -> Flow {
        let response = match sasl::decode(response) {
            Ok(response) => response,
            Err(fault) => return self.refuse(&unusable(fault)),
        };
        let login = match exchange {
            Exchange::Plain => sasl::plain(response),
            Exchange::XOAuth2 => sasl::xoauth2(response),
            Exchange::LoginPassword { name } => sasl::login(&name, response),
            Exchange::LoginName => match sasl::login_name(response) {
                Ok(name) => return self.prompt(Exchange::LoginPassword { name }),
                Err(fault) => Err(fault),
            },
            Exchange::XOAuth2Refused(refusal) => return self.refuse(&refusal),
        };
        match login {
            Ok(login) => ControlFlow::Break(Step::Authenticate(Authenticate { session: self, login })),
            Err(fault) => self.refuse(&unusable(fault)),
        }
    }

    /// Sends a 334 and waits for its answer.
    fn prompt(mut self, exchange: Exchange) -> Flow {
        let text = match exchange {
            Exchange::LoginName => sasl::encode(b"Username:"),
            Exchange::LoginPassword { .. } => sasl::encode(b"Password:"),
            Exchange::Plain | Exchange::XOAuth2 | Exchange::XOAuth2Refused(_) => String::new(),
        };
        self.0.reply(&Reply::plain(334, "").with_text(text));
        self.0.state = State::Login(exchange);
        ControlFlow::Continue(self)
    }

    pub(super) fn logged_in(mut self) -> Self {
        self.0.logged_in = true;
        self.0.reply(&wording::LOGGED_IN);
        self
    }

    /// A refused XOAUTH2 client first gets the reason as JSON, as its mechanism has it.
    pub(super) fn login_refused(mut self, login: &Login, refusal: Refusal) -> Self {
        if matches!(login.proof, Proof::Token(_)) && !refusal.ends_session() {
            let reason = sasl::encode(br#"{"status":"401","schemes":"bearer"}"#);
            self.0.reply(&Reply::plain(334, "").with_text(reason));
            self.0.state = State::Login(Exchange::XOAuth2Refused(refusal));
        } else {
            self.0.refuse(&refusal);
        }
        self
    }
}

/// A response that proves nothing is a mistake of syntax (RFC 4954 section 4), and no wrong password: nobody was
/// asked.
fn unusable(fault: Unusable) -> Refusal {
    match fault {
        Unusable::Base64 => wording::NOT_BASE64,
        Unusable::Form => wording::NOT_A_LOGIN,
        Unusable::Field => wording::NO_NAME_OR_PROOF,
        Unusable::Identity => wording::LOGIN_FAILED,
    }
}
