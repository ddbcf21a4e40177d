//! The connection below TLS: its first bytes are kept until its handshake is over, and it is read in large pieces.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// `IO`, a copy of what came in first, and what was read before TLS asked for it.
#[derive(Debug)]
pub struct Recorder<IO> {
    io: IO,
    record: Option<Record>,
    ahead: Ahead,
}

/// Bytes that were read with those that were asked for. Without any it holds no memory: most connections are idle.
#[derive(Debug, Default)]
struct Ahead {
    bytes: Vec<u8>,
    taken: usize,
}

/// The copy, which outlives a handshake that took the connection with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Arc<Mutex<Vec<u8>>>);

/// A ClientHello with keys of post-quantum groups has some 2,000 bytes.
const MAX_RECORD_BYTES: usize = 8_192;
/// Bytes that are read at once. rustls asks for 4,096, less than one of its records may have.
const PIECE_BYTES: usize = 32_768;

thread_local! {
    /// What a piece is read into; the connections of a thread take turns.
    static PIECE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl<IO> Recorder<IO> {
    /// Keeps what comes in, in `record`.
    pub(crate) fn new(io: IO, record: Record) -> Self {
        Self { io, record: Some(record), ahead: Ahead::default() }
    }

    pub(crate) fn off(io: IO) -> Self {
        Self { io, record: None, ahead: Ahead::default() }
    }

    /// Keeps nothing from here on.
    pub(crate) fn stop(&mut self) {
        self.record = None;
    }
}

impl Record {
    /// What came in first.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_RECORD_BYTES - kept.len();
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl Ahead {
    /// Hands out as much as there is room for; whether there was anything.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = &self.bytes[self.taken..];
        let given = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..given]);
        self.taken += given;
        if self.taken == self.bytes.len() {
            *self = Self::default();
        }
        given > 0
    }
}

impl<IO: AsyncRead + Unpin> Recorder<IO> {
    fn read_piece(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        piece: &mut [u8],
    ) -> Poll<io::Result<()>> {
        let mut piece = ReadBuf::new(piece);
        ready!(Pin::new(&mut self.io).poll_read(context, &mut piece))?;
        let bytes = piece.filled();
        if let Some(record) = &self.record {
            record.add(bytes);
        }
        let (now, later) = bytes.split_at(bytes.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.ahead.bytes.extend_from_slice(later);
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Recorder<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ahead.give(buffer) {
            return Poll::Ready(Ok(()));
        }
        let mut piece = PIECE.take();
        piece.resize(PIECE_BYTES, 0);
        let polled = this.read_piece(context, buffer, &mut piece);
        PIECE.set(piece);
        polled
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Recorder<IO> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn nothing_is_lost_between_small_reads_and_nothing_is_kept_afterwards() {
        let (mut there, here) = tokio::io::duplex(2 * PIECE_BYTES);
        let sent: Vec<u8> = (0..PIECE_BYTES + 10_000).map(|index| (index % 251) as u8).collect();
        there.write_all(&sent).await.unwrap();
        drop(there);
        let record = Record::default();
        let mut recorder = Recorder::new(here, record.clone());
        let (mut received, mut buffer) = (Vec::new(), [0; 4_096]);
        loop {
            match recorder.read(&mut buffer).await.unwrap() {
                0 => break,
                bytes => received.extend_from_slice(&buffer[..bytes]),
            }
        }
        assert_eq!(received, sent);
        assert_eq!(record.bytes(), &sent[..MAX_RECORD_BYTES]);
        assert_eq!(recorder.ahead.bytes.capacity(), 0);
    }
}
