//! The seam: what a server that stands behind the protocol has to answer.

use std::future::{Future, ready};
use std::net::SocketAddr;

use smtp::mail_data::{LineEnds, Measures};
use smtp::parameters::{MailParameters, RecipientParameters};
use smtp::path::{ForwardPath, OfferedPath};
use smtp::reply::{Refusal, Reply};
use smtp::sasl::Login;
use smtp::server::{Client, LoginPolicy};
use tls::TlsFacts;

/// Nine questions, four of which few servers ask. A service keeps no state of a session: who logged in and
/// what is under way are values that the connection holds, and drops when the session or the transaction ends.
pub trait Service: Send + Sync + 'static {
    /// Who a client proved to be.
    type Principal: Send + Sync;
    /// A message under way. Dropping it forgets the message.
    type Transaction: Send;

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
        octets: &[u8],
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// The message is complete. A reply means that it is in safe hands; the client's departure does
    /// not cancel the future.
    fn finish(
        &self,
        transaction: Self::Transaction,
        measures: Measures,
    ) -> impl Future<Output = Result<Reply, Refusal>> + Send;

    /// The client gets a negative reply (4yz or 5yz, RFC 5321 section 4.2.1), one line of it without the line end.
    /// What the client shows of it is up to the client, so that a service may want to write it down.
    fn refused(&self, peer: &Peer, principal: Option<&Self::Principal>, reply: &str) {
        let _ = (peer, principal, reply);
    }

    /// The client went on after this reply to its message, so that it has received it. Whoever never hears of a reply
    /// may meet the message again (RFC 5321 section 4.5.4.1).
    fn heard(&self, reply: &Reply) {
        let _ = reply;
    }
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
