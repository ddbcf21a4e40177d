//! DATA and BDAT: the message on its way in.

use std::borrow::Cow;
use std::ops::ControlFlow;

use bytes::Buf as _;

use super::ask::Content;
use super::{
    DataAsk, EndOfData, Ending, Flow, Inner, MailDataAsk, Session, State, Step, Transaction, wording,
};
use crate::extension::Extension;
use crate::mail_data::{ChunkReader, DotReader, Found, LineEnds, Measures, Violation};
use crate::reply::{Refusal, Reply};

/// A message that is being received, and the reason why it is only read past, if there is one.
#[derive(Debug)]
pub(super) struct Receiving {
    framing: Framing,
    refused: Option<Refusal>,
}

#[derive(Debug)]
enum Framing {
    /// DATA: up to CRLF.CRLF.
    Dots(DotReader),
    /// BDAT: so many octets more.
    Chunk(Chunk),
}

/// What is left of a chunk (RFC 3030 section 2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// How many octets are still to come.
    pub(super) left: u64,
    /// Whether the message ends with it.
    pub(super) is_last: bool,
}

impl Session {
    pub(super) fn data(self) -> Flow {
        if let Err(refusal) = self.ready_for_data() {
            return self.refuse(&refusal);
        }
        if self.0.transaction.as_ref().is_some_and(Transaction::has_chunks) {
            return self.refuse(&wording::CHUNKS_BEGUN);
        }
        // RFC 3030 section 3: what is binary has no line that could be its last.
        if self.0.transaction.as_ref().is_some_and(|transaction| transaction.binary) {
            return self.refuse(&wording::BINARY_NEEDS_CHUNKS);
        }
        ControlFlow::Break(Step::Data(DataAsk(self)))
    }

    pub(super) fn data_accepted(mut self) -> Self {
        self.0.reply(&wording::SEND_DATA);
        let line_ends = self.0.transaction.as_ref().map_or(LineEnds::Strict, |t| t.line_ends);
        let framing = Framing::Dots(DotReader::with(line_ends));
        self.0.state = State::MailData(Receiving { framing, refused: None });
        self
    }

    /// A chunk follows its command at once, so that even one that has no place here is read.
    pub(super) fn chunk(mut self, chunk: Chunk) -> Flow {
        if !self.0.extensions().contains(Extension::Chunking) {
            return self.refuse(&wording::UNKNOWN_COMMAND);
        }
        let limit = self.0.settings.limits.message_octets;
        let mut refused = self.ready_for_data().err();
        if let (None, Some(transaction)) = (&refused, &mut self.0.transaction) {
            let (binary, line_ends) = (transaction.binary, transaction.line_ends);
            let reader = || if binary { ChunkReader::binary() } else { ChunkReader::with(line_ends) };
            let chunks = transaction.chunks.get_or_insert_with(reader);
            if chunks.measures().octets.saturating_add(chunk.left) > limit {
                refused = Some(wording::TOO_LARGE);
            }
        }
        if chunk.left > limit.saturating_mul(2) {
            return self.end(Ending::BadMailData, &wording::TOO_LARGE);
        }
        self.0.state = State::MailData(Receiving { framing: Framing::Chunk(chunk), refused });
        ControlFlow::Continue(self)
    }

    pub(super) fn next_mail_data(self, receiving: Receiving) -> Flow {
        match receiving.framing {
            Framing::Dots(reader) => self.next_dotted(reader, receiving.refused),
            Framing::Chunk(chunk) => self.next_of_chunk(chunk, receiving.refused),
        }
    }

    fn next_dotted(mut self, mut reader: DotReader, refused: Option<Refusal>) -> Flow {
        match reader.read(&self.0.input) {
            Err(violation) => self.end_for(violation),
            Ok(Found::NeedsMore) => {
                self.0.state = State::MailData(Receiving { framing: Framing::Dots(reader), refused });
                ControlFlow::Break(Step::NeedsInput(self))
            }
            Ok(Found::End(octets)) => {
                self.0.input.advance(octets);
                self.end_of_data(reader.measures(), refused)
            }
            Ok(Found::Content(range)) => self.dotted(reader, refused, Content::InInput(range)),
            Ok(Found::Repaired { used, content }) => {
                self.dotted(reader, refused, Content::Repaired { used, octets: content })
            }
        }
    }

    fn dotted(self, reader: DotReader, refused: Option<Refusal>, content: Content) -> Flow {
        let (octets, limit) = (reader.measures().octets, self.0.settings.limits.message_octets);
        // A client that was promised an answer after its last dot gets it, but not for ever.
        if octets > limit.saturating_mul(2) {
            return self.end(Ending::BadMailData, &wording::TOO_LARGE);
        }
        let too_large = || (octets > limit).then_some(wording::TOO_LARGE);
        let refused = refused.or_else(too_large);
        self.content(Receiving { framing: Framing::Dots(reader), refused }, content)
    }

    fn next_of_chunk(mut self, chunk: Chunk, refused: Option<Refusal>) -> Flow {
        if chunk.left == 0 {
            return self.end_of_chunk(chunk, refused);
        }
        let available = self.0.input.len().min(usize::try_from(chunk.left).unwrap_or(usize::MAX));
        if available == 0 {
            self.0.state = State::MailData(Receiving { framing: Framing::Chunk(chunk), refused });
            return ControlFlow::Break(Step::NeedsInput(self));
        }
        let framing = Framing::Chunk(Chunk { left: chunk.left - available as u64, ..chunk });
        let checked = match refused {
            Some(refusal) => Err(refusal),
            None => self.0.check_chunk(available).map_err(violation_refusal),
        };
        match checked {
            Ok(content) => self.content(Receiving { framing, refused: None }, content),
            Err(refusal) => {
                let receiving = Receiving { framing, refused: Some(refusal) };
                self.content(receiving, Content::InInput(0..available))
            }
        }
    }

    /// Hands the content over, or reads past it when there is none or the message is refused already.
    fn content(mut self, receiving: Receiving, content: Content) -> Flow {
        let is_wanted = receiving.refused.is_none() && !content.is_empty();
        self.0.state = State::MailData(receiving);
        if is_wanted {
            return ControlFlow::Break(Step::MailData(MailDataAsk { session: self, content }));
        }
        ControlFlow::Continue(self.content_used(content.used()))
    }

    pub(super) fn content_used(mut self, octets: usize) -> Self {
        self.0.input.advance(octets);
        self
    }

    pub(super) fn mail_data_refused(mut self, refusal: Refusal) -> Self {
        if let State::MailData(receiving) = &mut self.0.state {
            receiving.refused = Some(refusal);
        }
        self
    }

    fn end_of_chunk(mut self, chunk: Chunk, refused: Option<Refusal>) -> Flow {
        if let Some(refusal) = refused {
            // RFC 3030 section 2: after a failed chunk the transaction is over.
            self.0.transaction = None;
            return self.refuse(&refusal);
        }
        let mut chunks = self.0.transaction.as_mut().and_then(|t| t.chunks.take()).unwrap_or_default();
        if !chunk.is_last {
            let text = format!("{} octets received", chunks.measures().octets);
            if let Some(transaction) = &mut self.0.transaction {
                transaction.chunks = Some(chunks);
            }
            return self.answer(&wording::OK.with_text(text));
        }
        let rest = chunks.rest();
        if let (false, Some(transaction)) = (rest.is_empty(), &mut self.0.transaction) {
            transaction.chunks = Some(chunks);
            let receiving = Receiving { framing: Framing::Chunk(chunk), refused: None };
            return self.content(receiving, Content::Repaired { used: 0, octets: rest });
        }
        match chunks.finish() {
            Ok(measures) => self.end_of_data(measures, None),
            Err(violation) => {
                self.0.transaction = None;
                self.refuse(&violation_refusal(violation))
            }
        }
    }

    fn end_of_data(mut self, measures: Measures, refused: Option<Refusal>) -> Flow {
        self.0.transaction = None;
        if let Some(refusal) = refused {
            return self.refuse(&refusal);
        }
        ControlFlow::Break(Step::EndOfData(EndOfData { session: self, measures }))
    }

    pub(super) fn message_accepted(mut self, reply: &Reply) -> Self {
        let counts = &mut self.0.counts;
        (counts.errors, counts.fruitless) = (0, 0);
        counts.messages += 1;
        self.0.reply(reply);
        self
    }

    fn ready_for_data(&self) -> Result<(), Refusal> {
        match &self.0.transaction {
            None => Err(wording::MAIL_FIRST),
            Some(transaction) if transaction.recipients == 0 => Err(wording::RECIPIENT_FIRST),
            Some(_) => Ok(()),
        }
    }

    /// Where the message ends can no longer be told, so nothing behind it is a command any more.
    fn end_for(self, violation: Violation) -> Flow {
        self.end(Ending::BadMailData, &violation_refusal(violation))
    }
}

impl Inner {
    fn check_chunk(&mut self, octets: usize) -> Result<Content, Violation> {
        let whole = Content::InInput(0..octets);
        match self.transaction.as_mut().and_then(|transaction| transaction.chunks.as_mut()) {
            Some(chunks) => Ok(match chunks.read(&self.input[..octets])? {
                Cow::Borrowed(_) => whole,
                Cow::Owned(repaired) => Content::Repaired { used: octets, octets: repaired },
            }),
            None => Ok(whole),
        }
    }
}

fn violation_refusal(violation: Violation) -> Refusal {
    wording::BAD_MAIL_DATA.with_text(match violation {
        Violation::Nul => format!("The message holds {violation}: send binary content in base64"),
        Violation::BareCr | Violation::BareLf => {
            format!("The message holds {violation}: lines end with CR LF")
        }
    })
}
