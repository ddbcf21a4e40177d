//! Replies: code, enhanced status code and text (RFC 5321 section 4.2, RFC 2034, RFC 3463).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// An enhanced status code such as `5.7.1` (RFC 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnhancedStatus {
    class: u8,
    subject: u16,
    detail: u16,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    status: Option<EnhancedStatus>,
    text: Cow<'static, str>,
}

/// A reply that refuses: its code is 4yz or 5yz and cannot be anything else. Beside it stands what the operator should
/// know of its cause; the client never hears that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reply: Reply,
    reason: Option<Cow<'static, str>>,
}

/// The first digit of a reply code (RFC 5321 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Positive,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: try again later.
    Temporary,
    /// 5yz: do not try this again.
    Permanent,
}

/// RFC 5321 section 4.5.3.1.5.
const MAX_LINE_OCTETS: usize = 512;

impl EnhancedStatus {
    /// The first number: 2, 4 or 5.
    #[must_use]
    pub fn class(self) -> u8 {
        self.class
    }

    /// Whether the status is `_.subject.detail`, whatever its class.
    #[must_use]
    pub fn is(self, subject: u16, detail: u16) -> bool {
        (self.subject, self.detail) == (subject, detail)
    }

    /// The second and the third number.
    #[must_use]
    pub fn subject_and_detail(self) -> (u16, u16) {
        (self.subject, self.detail)
    }

    /// Reads a status at the start of `text`; gives it and what follows.
    #[must_use]
    pub fn split_from(text: &str) -> Option<(Self, &str)> {
        let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut numbers = status.split('.');
        let class = numbers.next()?.parse().ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        let (subject, detail) = (number(numbers.next()?)?, number(numbers.next()?)?);
        numbers.next().is_none().then_some((Self { class, subject, detail }, rest))
    }
}

/// One to three digits (RFC 3463 section 2).
fn number(digits: &str) -> Option<u16> {
    let plausible = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plausible { digits.parse().ok() } else { None }
}

impl Reply {
    /// A 2yz reply. The status' class follows from the code.
    ///
    /// # Panics
    /// When the code is not 2yz; in a constant that is a compile error.
    #[must_use]
    pub const fn positive(code: u16, status: (u16, u16), text: &'static str) -> Self {
        assert!(code >= 200 && code < 300, "a positive reply has a 2yz code");
        Self::with(code, 2, status, text)
    }

    /// A reply without an enhanced status code, as greetings and 3yz replies are.
    ///
    /// # Panics
    /// When the code is not 2yz or 3yz; in a constant that is a compile error.
    #[must_use]
    pub const fn plain(code: u16, text: &'static str) -> Self {
        assert!(code >= 200 && code < 400, "a plain reply has a 2yz or 3yz code");
        Self { code, status: None, text: Cow::Borrowed(text) }
    }

    const fn with(code: u16, class: u8, (subject, detail): (u16, u16), text: &'static str) -> Self {
        Self { code, status: Some(EnhancedStatus { class, subject, detail }), text: Cow::Borrowed(text) }
    }

    /// The same reply with another text. Line feeds divide it into lines.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.text = text.into();
        self
    }

    /// What a client received: `text` still holds the enhanced status code, if there was one. A status whose
    /// class does not fit the code stays in the text.
    #[must_use]
    pub fn received(code: u16, text: String) -> Self {
        match EnhancedStatus::split_from(&text) {
            Some((status, rest)) if u16::from(status.class) == code / 100 => {
                Self { code, status: Some(status), text: Cow::Owned(rest.to_owned()) }
            }
            _ => Self { code, status: None, text: Cow::Owned(text) },
        }
    }

    /// The three digits.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The enhanced status code, if there is one.
    #[must_use]
    pub fn status(&self) -> Option<EnhancedStatus> {
        self.status
    }

    /// The text, its lines divided by line feeds.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the first digit says.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self.code / 100 {
            2 => Severity::Positive,
            3 => Severity::Intermediate,
            4 => Severity::Temporary,
            _ => Severity::Permanent,
        }
    }

    /// Whether the code is 2yz.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.severity() == Severity::Positive
    }

    /// Appends the reply as it goes over the wire.
    pub fn write_to(&self, output: &mut Vec<u8>) {
        let mut lines = self.text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let start = output.len();
            let divider = if lines.peek().is_some() { '-' } else { ' ' };
            output.extend_from_slice(format!("{}{divider}", self.code).as_bytes());
            if let Some(status) = self.status {
                output.extend_from_slice(format!("{status} ").as_bytes());
            }
            output.extend(line.bytes().map(|b| if (b' '..=b'~').contains(&b) { b } else { b'?' }));
            output.truncate(start + MAX_LINE_OCTETS - 2);
            output.extend_from_slice(b"\r\n");
        }
    }
}

impl Refusal {
    /// A 4yz reply: the client should try again later.
    ///
    /// # Panics
    /// When the code is not 4yz; in a constant that is a compile error.
    #[must_use]
    pub const fn temporary(code: u16, status: (u16, u16), text: &'static str) -> Self {
        assert!(code >= 400 && code < 500, "a temporary refusal has a 4yz code");
        Self { reply: Reply::with(code, 4, status, text), reason: None }
    }

    /// A 5yz reply: the client should not try the same again.
    ///
    /// # Panics
    /// When the code is not 5yz; in a constant that is a compile error.
    #[must_use]
    pub const fn permanent(code: u16, status: (u16, u16), text: &'static str) -> Self {
        assert!(code >= 500 && code < 600, "a permanent refusal has a 5yz code");
        Self { reply: Reply::with(code, 5, status, text), reason: None }
    }

    /// The same refusal with another text.
    #[must_use]
    pub fn with_text(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { reply: self.reply.with_text(text), ..self }
    }

    /// The same refusal, with its cause for the operator: more exact than the text, and never sent.
    #[must_use]
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// The reply that the client gets.
    #[must_use]
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// The cause, if it says more than the reply.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether the client should not try again.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.reply.severity() == Severity::Permanent
    }

    /// Whether the session ends with it: 421 always means that (RFC 5321 section 3.8).
    #[must_use]
    pub fn ends_session(&self) -> bool {
        self.reply.code == 421
    }
}

/// The text is no line of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reply begins with three digits, the first of them 2 to 5, and a blank")]
pub struct NotAReply;

impl FromStr for Reply {
    type Err = NotAReply;

    /// Reads a reply of one line, such as `450 4.5.127 Too fast`.
    fn from_str(line: &str) -> Result<Self, NotAReply> {
        let (code, text) = line.split_once(' ').unwrap_or((line, ""));
        let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
        let code = code.parse().ok().filter(|code| digits && (200..600).contains(code));
        Ok(Self::received(code.ok_or(NotAReply)?, text.to_owned()))
    }
}

impl TryFrom<Reply> for Refusal {
    type Error = Reply;

    fn try_from(reply: Reply) -> Result<Self, Reply> {
        match reply.severity() {
            Severity::Temporary | Severity::Permanent => Ok(Self { reply, reason: None }),
            Severity::Positive | Severity::Intermediate => Err(reply),
        }
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(status) = self.status {
            write!(f, " {status}")?;
        }
        write!(f, " {}", self.text.replace('\n', " "))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reply.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(reply: &Reply) -> String {
        let mut output = Vec::new();
        reply.write_to(&mut output);
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn several_lines_repeat_code_and_status() {
        let reply = Reply::positive(250, (0, 0), "one\ntwo");
        assert_eq!(written(&reply), "250-2.0.0 one\r\n250 2.0.0 two\r\n");
        assert_eq!(written(&Reply::plain(354, "Go ahead")), "354 Go ahead\r\n");
    }

    #[test]
    fn a_reply_is_read_as_it_is_written() {
        for line in ["450 4.5.127 Too fast", "250 OK", "354 Go ahead", "535 5.7.3 No"] {
            assert_eq!(written(&line.parse().unwrap()), format!("{line}\r\n"));
        }
        for line in ["", "OK", "45 x", "+450 x", "650 x", "150 x"] {
            assert_eq!(line.parse::<Reply>(), Err(NotAReply), "{line}");
        }
    }

    #[test]
    fn a_text_can_neither_break_the_line_nor_outgrow_it() {
        let reply = Reply::plain(250, "").with_text(format!("a\rb\u{e9}{}", "x".repeat(600)));
        let written = written(&reply);
        assert_eq!(written.len(), MAX_LINE_OCTETS);
        assert!(written.starts_with("250 a?b??x"));
        assert_eq!(written.matches("\r\n").count(), 1);
    }

    #[test]
    fn a_reason_is_for_the_operator_alone() {
        let refusal =
            Refusal::permanent(535, (7, 3), "Authentication unsuccessful").because("wrong password");
        assert_eq!(written(refusal.reply()), "535 5.7.3 Authentication unsuccessful\r\n");
        assert_eq!(refusal.to_string(), "535 5.7.3 Authentication unsuccessful");
        assert_eq!(refusal.with_text("No").reason(), Some("wrong password"));
    }

    #[test]
    fn a_received_status_must_fit_its_code() {
        let reply = Reply::received(535, "5.7.3 Authentication unsuccessful".into());
        assert_eq!(
            (reply.status().unwrap().to_string(), reply.text()),
            ("5.7.3".into(), "Authentication unsuccessful")
        );
        for text in ["4.7.3 no", "5.7 no", "5.7.3.1 no", "5.a.3 no", "5.1234.3 no"] {
            assert_eq!(Reply::received(535, text.into()).status(), None, "{text}");
        }
    }
}
