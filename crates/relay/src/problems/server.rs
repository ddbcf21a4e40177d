//! What is wrong with the server as a whole. Pure.

use jiff::Timestamp;

use super::words::{said, size, time};
use super::{Code, Observed, Problem};

pub(super) fn problems(observed: &Observed, now: Timestamp) -> Vec<Problem> {
    disk_full(observed, now).into_iter().chain(storage_failing(observed, now)).collect()
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

fn storage_failing(observed: &Observed, now: Timestamp) -> Option<Problem> {
    let failure = observed.storage.as_ref()?;
    Some(Problem {
        code: Code::StorageFailing,
        account: None,
        subject: None,
        since: failure.since,
        message: format!(
            "Postern could not write to its data directory at {}: {}. New mail is refused with 451 or 452.",
            time(failure.last_at, now),
            said(&failure.text)
        ),
        action:
            "Check the disk and its file system (`dmesg`, `mount`): they may be full, broken or mounted read-only. The \
                 server's log has each failure."
                .to_owned(),
        alarm_at: Some(failure.since),
    })
}
