//! The seam: what a server that stands behind the protocol has to answer.

use std::future::{Future, ready};
use std::net::{IpAddr, SocketAddr};

use smtp::mail_data::{LineEnds, Measures};
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::Login;
use smtp::server::{Client, LoginPolicy};
use tls::{HandshakeError, TlsFacts};

use crate::handshake;

/// Ten questions, five of which few servers ask. A service keeps no state of a session: who logged in and
/// what is under way are values that the connection holds, and drops when the session or the transaction ends.
pub trait Service: Send + Sync + 'static {
    /// Who a client proved to be.
    type Principal: Send + Sync;
    /// A message under way. Dropping it forgets the message.
    type Transaction: Send;

    /// A connection: do clients of ours come from there? Seats are kept for them, and they have more time to log in.
    /// Asked before anything is read, so that the answer must be at hand.
    fn is_welcome(&self, address: IpAddr) -> bool {
        let _ = address;
        false
    }

    /// EHLO and HELO: is this client welcome?
    fn hello(&self, peer: &Peer, client: &Client) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (peer, client);
        ready(Ok(()))
    }

    /// AUTH: is this login good? A failure's text must not tell unknown names from wrong passwords.
    fn authenticate(
        &self,
        peer: &Peer,
        login: &Login,
    ) -> impl Future<Output = Result<Self::Principal, Refusal>> + Send;

    /// MAIL: may a message come from here? A service that needs a reverse-path refuses what is none by
    /// [`OfferedPath::readable`].
    fn mail(
        &self,
        peer: &Peer,
        principal: Option<&Self::Principal>,
        path: &OfferedPath,
        parameters: &MailParameters,
    ) -> impl Future<Output = Result<Self::Transaction, Refusal>> + Send;

    /// Once MAIL is accepted: what becomes of bare CR and LF in the message?
    fn line_ends(&self, transaction: &Self::Transaction) -> LineEnds {
        let _ = transaction;
        LineEnds::Strict
    }

    /// RCPT: may it go there? A service that needs a forward-path refuses what is none by
    /// [`OfferedPath::readable`].
    fn recipient(
        &self,
        transaction: &mut Self::Transaction,
        path: &OfferedPath<ForwardPath>,
        parameters: &RecipientParameters,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// DATA: may the message follow? By BDAT the first piece is the question.
    fn begin_data(
        &self,
        transaction: &mut Self::Transaction,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = transaction;
        ready(Ok(()))
    }

    /// A piece of the message, its transparency dots removed. After a refusal no more pieces come.
    fn data(
        &self,
        transaction: &mut Self::Transaction,
        bytes: &[u8],
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// The message is complete. A reply means that it is in safe hands; the client's departure does
    /// not cancel the future. The transaction is dropped afterwards; [`Service::refused`] may still see it.
    fn finish(
        &self,
        transaction: &mut Self::Transaction,
        measures: Measures,
    ) -> impl Future<Output = Result<Reply, Refusal>> + Send;

    /// A client was refused something, or its connection came to nothing. What the client shows of it is up to the
    /// client, so that a service may want to write it down. A service that does not gets a line in the log for each TLS
    /// handshake that failed.
    fn refused(&self, refused: &Refused<'_, Self>) {
        if let Answer::Handshake(error) = refused.answer {
            handshake::log_failure(refused.peer.address.ip(), error);
        }
    }

    /// The client went on after this reply to its message, so that it has received it. A service that never hears of a reply
    /// may meet the message again (RFC 5321 section 4.5.4.1).
    fn heard(&self, reply: &Reply) {
        let _ = reply;
    }
}

/// A client that was refused something, with what the connection knows of it.
pub struct Refused<'a, S: Service + ?Sized> {
    pub peer: &'a Peer,
    /// What it had proved before.
    pub principal: Option<&'a S::Principal>,
    /// The login that it gave and that was refused, the last of the session.
    pub login: Option<&'a str>,
    /// What it gave as reverse-path, where MAIL was refused.
    pub path: Option<&'a OfferedPath>,
    /// The message that is or was under way.
    pub transaction: Option<&'a S::Transaction>,
    /// What it got.
    pub answer: Answer<'a>,
}

/// What a client got that was refused.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// A reply of 4yz or 5yz (RFC 5321 section 4.2.1). Before implicit TLS it is given to nobody, and the connection is
    /// closed.
    Reply(&'a Refusal),
    Handshake(&'a HandshakeError),
}

/// What is known about a connection's other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Address and port.
    pub address: SocketAddr,
    /// What the client called itself, once it did.
    pub client: Option<Client>,
    /// How the connection is protected, if it is.
    pub tls: Option<TlsFacts>,
    /// Whether its listener asks for a login.
    pub login: LoginPolicy,
}
