//! A connection before and after STARTTLS, for both sides.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::handshake::HandshakeError;
use crate::recorder::{Record, Recorder};

/// The two ways to speak over `IO`.
#[derive(Debug)]
pub enum Stream<IO> {
    Clear(IO),
    Secured(Box<TlsStream<Recorder<IO>>>),
    /// A handshake took the connection and failed: there is nothing left to speak over.
    Gone,
}

/// How a connection is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    pub version: String,
    pub cipher_suite: String,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Stream<IO> {
    /// Waits for the other side's handshake, at most `limit` long.
    ///
    /// # Errors
    /// When the handshake fails or takes too long, or the stream is not in clear. The stream is gone then.
    pub async fn accept(&mut self, config: Arc<ServerConfig>, limit: Duration) -> Result<(), HandshakeError> {
        let record = Record::default();
        let io = self.take_clear().map_err(|error| HandshakeError::new(&[], error))?;
        let accepted = TlsAcceptor::from(config).accept(Recorder::new(io, record.clone()));
        let accepted = timeout(limit, accepted).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let mut stream = accepted.map_err(|error| HandshakeError::new(&record.bytes(), error))?;
        stream.get_mut().0.stop();
        *self = Self::Secured(Box::new(stream.into()));
        Ok(())
    }

    /// Begins a handshake with the server that has to be `name`.
    ///
    /// # Errors
    /// When the handshake fails, or the stream is not in clear. The stream is gone then.
    pub async fn connect(&mut self, config: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<()> {
        let io = Recorder::off(self.take_clear()?);
        *self = Self::Secured(Box::new(TlsConnector::from(config).connect(name, io).await?.into()));
        Ok(())
    }

    /// How the connection is protected; `None` in clear.
    #[must_use]
    pub fn tls_facts(&self) -> Option<TlsFacts> {
        let Self::Secured(stream) = self else { return None };
        let connection = stream.get_ref().1;
        let version = connection.protocol_version()?.as_str()?.replace('_', ".");
        let cipher_suite = connection.negotiated_cipher_suite()?.suite().as_str()?.to_owned();
        Some(TlsFacts { version, cipher_suite })
    }

    /// The protocol that both sides chose for what is spoken inside (RFC 7301); `None` in clear, or without a choice.
    #[must_use]
    pub fn protocol(&self) -> Option<&[u8]> {
        let Self::Secured(stream) = self else { return None };
        stream.get_ref().1.alpn_protocol()
    }

    fn take_clear(&mut self) -> io::Result<IO> {
        match std::mem::replace(self, Self::Gone) {
            Self::Clear(io) => Ok(io),
            Self::Secured(_) | Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_read(context, buffer),
            Self::Secured(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<IO> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_write(context, bytes),
            Self::Secured(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_flush(context),
            Self::Secured(stream) => Pin::new(stream.as_mut()).poll_flush(context),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_shutdown(context),
            Self::Secured(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}
