//! What was submitted, what was accepted, what arrived.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::mail::Mail;

/// The books of a run.
#[derive(Debug, Default)]
pub struct Audit {
    books: Mutex<Books>,
    arrival: Notify,
}

#[derive(Debug, Default)]
struct Books {
    entries: Vec<Entry>,
    accepted: u64,
    arrived: u64,
    missing: u64,
    unknown: u64,
    last_arrival: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    checksum: u32,
    accepted: bool,
    arrivals: u8,
    altered: bool,
}

/// What the books say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Answered with 250.
    pub accepted: u64,
    /// Arrived at the sink, each counted once.
    pub arrived: u64,
    /// Answered with 250, and never arrived.
    pub lost: u64,
    /// Arrived more than once.
    pub doubled: u64,
    /// Arrived with another text.
    pub altered: u64,
    /// Arrived although nobody submitted them.
    pub unknown: u64,
    /// Arrived although no 250 was seen: the connection broke in between.
    pub unannounced: u64,
}

impl Audit {
    /// Enters a message before it is submitted; gives its number to `compose`.
    pub fn submit(&self, compose: impl FnOnce(u64) -> Mail) -> u64 {
        let number = {
            let mut books = self.books();
            books.entries.push(Entry::default());
            books.entries.len() as u64 - 1
        };
        let mail = compose(number);
        self.books().entries[index(number)].checksum = mail.checksum;
        number
    }

    /// Notes a 250.
    pub fn accept(&self, number: u64) {
        let mut books = self.books();
        let entry = &mut books.entries[index(number)];
        entry.accepted = true;
        let is_missing = entry.arrivals == 0;
        books.accepted += 1;
        books.missing += u64::from(is_missing);
    }

    /// Notes an arrival.
    pub fn arrive(&self, mail: Option<Mail>) {
        let mut books = self.books();
        books.last_arrival = Some(Instant::now());
        let entry = mail.as_ref().and_then(|mail| books.entries.get_mut(index(mail.number)));
        let (Some(entry), Some(mail)) = (entry, mail) else {
            books.unknown += 1;
            return;
        };
        entry.arrivals = entry.arrivals.saturating_add(1);
        entry.altered |= entry.checksum != mail.checksum;
        if entry.arrivals == 1 {
            let was_missing = entry.accepted;
            books.arrived += 1;
            books.missing -= u64::from(was_missing);
        }
        let is_complete = books.missing == 0;
        drop(books);
        if is_complete {
            self.arrival.notify_waiters();
        }
    }

    /// Accepted so far, and accepted but not yet arrived.
    pub fn counts(&self) -> (u64, u64) {
        let books = self.books();
        (books.accepted, books.missing)
    }

    /// When the last mail came.
    pub fn last_arrival(&self) -> Option<Instant> {
        self.books().last_arrival
    }

    /// Waits until everything that was accepted has arrived.
    pub async fn complete(&self) {
        loop {
            let arrival = self.arrival.notified();
            if self.counts().1 == 0 {
                return;
            }
            arrival.await;
        }
    }

    /// Closes the books.
    pub fn findings(&self) -> Findings {
        let books = self.books();
        let count =
            |wanted: fn(&Entry) -> bool| books.entries.iter().filter(|entry| wanted(entry)).count() as u64;
        Findings {
            accepted: books.accepted,
            arrived: books.arrived,
            lost: count(|entry| entry.accepted && entry.arrivals == 0),
            doubled: count(|entry| entry.arrivals > 1),
            altered: count(|entry| entry.altered),
            unknown: books.unknown,
            unannounced: count(|entry| !entry.accepted && entry.arrivals > 0),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Findings {
    /// Whether every accepted message arrived once, as it was.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.altered == 0 && self.unknown == 0
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, lost, doubled, altered, unknown, unannounced, .. } = self;
        write!(
            f,
            "{accepted} accepted, {lost} lost, {doubled} doubled, {altered} altered, {unknown} unknown"
        )?;
        if *unannounced > 0 {
            write!(f, " ({unannounced} more were taken before the connection broke)")?;
        }
        Ok(())
    }
}

/// Numbers count from 0 and fit where the entries fit.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(number: u64) -> Mail {
        Mail { number, checksum: 5 }
    }

    #[test]
    fn every_kind_of_wrong_is_found() {
        let audit = Audit::default();
        for _ in 0..5 {
            audit.submit(mail);
        }
        (0..4).for_each(|number| audit.accept(number));
        audit.arrive(Some(mail(0)));
        assert_eq!(audit.counts(), (4, 3));
        audit.arrive(Some(mail(1)));
        audit.arrive(Some(mail(1)));
        audit.arrive(Some(Mail { number: 2, checksum: 6 }));
        audit.arrive(Some(mail(4)));
        audit.arrive(Some(mail(99)));
        let findings = audit.findings();
        let expected =
            Findings { accepted: 4, arrived: 4, lost: 1, doubled: 1, altered: 1, unknown: 1, unannounced: 1 };
        assert_eq!(findings, expected);
        assert!(!findings.is_clean());
    }
}
