//! What is wrong with the server as a whole. Pure.

use std::path::Path;

use jiff::Timestamp;
use store::Disk;

use super::words::{said, size, time};
use super::{Code, Observed, Problem, StorageFailure, StorageKind};

pub(super) fn problems(observed: &Observed, now: Timestamp) -> Vec<Problem> {
    let folder = observed.disk.as_ref().map_or(Path::new("the data directory"), |disk| &disk.path);
    let failing = observed.storage.iter().map(|failure| storage_failing(failure, folder, now));
    disk_full(observed, now).or_else(|| disk_low(observed, now)).into_iter().chain(failing).collect()
}

fn disk_full(observed: &Observed, now: Timestamp) -> Option<Problem> {
    let disk = observed.disk.as_ref().filter(|disk| disk.free_bytes < disk.reserve_bytes)?;
    let path = disk.path.display();
    Some(Problem {
        code: Code::DiskFull,
        account: None,
        subject: None,
        since: now,
        message: format!(
            "The disk that holds {path} has {} free, and Postern reserves the last {} for the queue's own database: new mail \
             is refused with 452.",
            size(disk.free_bytes),
            size(disk.reserve_bytes)
        ),
        action: format!("Free space on the file system of {path}; `df -h {path}` shows which one."),
        alarm_at: Some(now),
    })
}

/// A tenth of the disk is left, or 10 GiB of a large one.
fn disk_low(observed: &Observed, now: Timestamp) -> Option<Problem> {
    let enough = |disk: &&Disk| disk.free_bytes >= (disk.size_bytes / 10).min(ENOUGH_BYTES);
    let disk = observed.disk.as_ref().filter(|disk| !enough(disk))?;
    let path = disk.path.display();
    Some(Problem {
        code: Code::DiskLow,
        account: None,
        subject: None,
        since: now,
        message: format!(
            "The disk that holds {path} has {} of {} free. With less than {} new mail is refused.",
            size(disk.free_bytes),
            size(disk.size_bytes),
            size(disk.reserve_bytes)
        ),
        action: format!("Free space on the file system of {path}; `df -h {path}` shows which one."),
        alarm_at: Some(now),
    })
}

/// A disk with so much free is not low, however large it is.
const ENOUGH_BYTES: u64 = 10 << 30;

/// A kind of write, in words.
struct Described {
    /// What the problem is about; tells it from those of other kinds.
    subject: &'static str,
    /// Where in the data directory it is written.
    name: &'static str,
    what: &'static str,
    consequence: &'static str,
}

fn described(kind: StorageKind) -> Described {
    match kind {
        StorageKind::Journal => Described {
            subject: "journal",
            name: "journal",
            what: "append a message to its journal",
            consequence: "New mail is refused with 451 or 452.",
        },
        StorageKind::Database => Described {
            subject: "database",
            name: "postern.db",
            what: "write its database",
            consequence: "Queued mail is not sent, and new mail is refused with 452 once too much waits for the database.",
        },
        StorageKind::LargeFile => Described {
            subject: "large messages",
            name: "large",
            what: "write the file of a large message",
            consequence: "Messages larger than 256 KiB are refused with 451 or 452.",
        },
    }
}

fn storage_failing(failure: &StorageFailure, folder: &Path, now: Timestamp) -> Problem {
    let Described { subject, name, what, consequence } = described(failure.kind);
    let path = folder.join(name);
    let path = path.display();
    Problem {
        code: Code::StorageFailing,
        account: None,
        subject: Some(subject.to_owned()),
        since: failure.since,
        message: format!(
            "Postern could not {what}, {path}, at {}: {}. {consequence}",
            time(failure.last_at, now),
            said(&failure.text)
        ),
        action: format!(
            "Check {path} and its file system (`ls -ld {path}`, `df -h {path}`, `dmesg`): it may be missing, full, broken, \
             mounted read-only, or not writable for Postern's user. The server's log has each failure."
        ),
        alarm_at: Some(failure.since),
    }
}
