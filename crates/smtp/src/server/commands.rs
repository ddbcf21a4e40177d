//! The commands of a session, one after the other; those of a transaction, a login and mail data are in files of their own.

use std::ops::ControlFlow;

use super::ask::{HelloAsk, StartTls, Step};
use super::mail_data::Chunk;
use super::{Client, Ending, Flow, Inner, Session, State, wording};
use crate::command::{Command, CommandError};
use crate::extension::Extension;
use crate::line;
use crate::reply::Reply;

impl Session {
    pub(super) fn next_command(mut self) -> Flow {
        let line = match line::take(&mut self.0.input, self.0.settings.limits.command_octets) {
            Ok(Some(line)) => line,
            Ok(None) => return ControlFlow::Break(Step::NeedsInput(self)),
            Err(error) => return self.end_for_bad_line(error),
        };
        // Devices write one line end too many behind a login or a message, and wait for no answer to it.
        if line.is_empty() {
            return if self.0.was_fruitless() { self.end_fruitless() } else { ControlFlow::Continue(self) };
        }
        match Command::parse(&line) {
            Ok(command) => self.obey(command),
            Err(CommandError::Http) => self.end(Ending::Http, &wording::NOT_HTTP),
            Err(CommandError::Unknown) => self.refuse(&wording::UNKNOWN_COMMAND),
            Err(CommandError::Syntax(text)) => self.refuse(&wording::SYNTAX.with_text(text)),
        }
    }

    fn obey(mut self, command: Command<'_>) -> Flow {
        if self.0.is_fruitless(&command) {
            return self.end_fruitless();
        }
        match command {
            Command::Ehlo(name) => self.greet(Client { name, extended: true }),
            Command::Helo(name) => self.greet(Client { name, extended: false }),
            Command::Mail(path, parameters) => self.mail(path, parameters),
            Command::Recipient(path, parameters) => self.recipient(path, parameters),
            Command::Data => self.data(),
            Command::Chunk { octets, last } => self.chunk(Chunk { left: octets, is_last: last }),
            Command::Reset => {
                self.0.transaction = None;
                self.answer(&wording::OK)
            }
            Command::Noop => self.answer(&wording::OK),
            // RFC 5321 section 7.3: 252 tells nobody which addresses exist.
            Command::Verify => self.answer(&wording::CANNOT_VERIFY),
            Command::Expand => self.refuse(&wording::NO_EXPANSION),
            Command::Help => self.answer(&wording::HELP),
            Command::Quit => {
                self.0.reply(&wording::GOODBYE);
                self.0.state = State::Closed(Ending::Quit);
                ControlFlow::Continue(self)
            }
            Command::StartTls => self.start_tls(),
            Command::Auth { mechanism, initial } => self.begin_login(mechanism, initial),
        }
    }

    /// EHLO and HELO, which also end an open transaction (RFC 5321 section 4.1.4).
    fn greet(mut self, client: Client) -> Flow {
        self.0.transaction = None;
        ControlFlow::Break(Step::Hello(HelloAsk { session: self, client }))
    }

    pub(super) fn greeted(mut self, client: Client) -> Self {
        let mut text = format!("{} Hello [{}]", self.0.settings.host_name, self.0.peer);
        if client.extended {
            for line in self.0.announcements() {
                text.push('\n');
                text.push_str(&line);
            }
        }
        self.0.client = Some(client);
        self.0.reply(&Reply::plain(250, "").with_text(text));
        self
    }

    /// STARTTLS (RFC 3207 section 4).
    fn start_tls(mut self) -> Flow {
        if !self.0.offers(Extension::StartTls) {
            return self.refuse(&wording::OUT_OF_ORDER);
        }
        if !self.0.input.is_empty() {
            return self.end(Ending::Injection, &wording::NOTHING_BEHIND_STARTTLS);
        }
        self.0.reply(&wording::START_TLS);
        ControlFlow::Break(Step::StartTls(StartTls(self)))
    }
}

impl Inner {
    /// Counts commands that bring no message nearer, and says when there were too many.
    fn is_fruitless(&mut self, command: &Command<'_>) -> bool {
        let brings_mail_nearer = matches!(
            command,
            Command::Mail(..)
                | Command::Recipient(..)
                | Command::Data
                | Command::Chunk { octets: 1.., .. }
                | Command::Chunk { last: true, .. }
                | Command::Quit
        );
        !brings_mail_nearer && self.was_fruitless()
    }
}
