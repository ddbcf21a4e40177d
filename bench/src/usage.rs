//! What a server costs: processor time and memory of its processes, from `/proc`.

use std::fs;
use std::time::Duration;

/// A process and its descendants.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The oldest process.
    pub parent: u32,
}

/// Fields of `/proc/PID/stat`, counted from the state behind the command name (proc_pid_stat(5)).
const PARENT: usize = 1;
const TIMES: std::ops::Range<usize> = 11..15;

impl Family {
    /// Processor time used so far, also by children that have ended.
    #[must_use]
    pub fn processor_time(self) -> Duration {
        let ticks: u64 = self.members().iter().map(|member| member.ticks).sum();
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Memory that is in use by none but them, in bytes.
    #[must_use]
    pub fn resident_bytes(self) -> u64 {
        self.members().iter().map(|member| resident(member.id)).sum()
    }

    /// The most memory that the oldest of them has had in use since [`Family::forget_peak`], in bytes.
    #[must_use]
    pub fn peak_bytes(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.parent)).unwrap_or_default();
        kilobytes(&status, "VmHWM:") * 1_024
    }

    /// Has the peak begin anew (proc_pid_clear_refs(5)).
    ///
    /// # Errors
    /// When the kernel does not do it.
    pub fn forget_peak(self) -> std::io::Result<()> {
        fs::write(format!("/proc/{}/clear_refs", self.parent), "5")
    }

    /// `kill -9` for all of them, the youngest first; comes back when they are gone.
    pub async fn kill(self) {
        let members = self.members();
        for member in members.iter().rev() {
            let id = i32::try_from(member.id).ok().and_then(rustix::process::Pid::from_raw);
            // A process that has ended in the meantime need not be killed.
            let _ = id.map(|id| rustix::process::kill_process(id, rustix::process::Signal::KILL));
        }
        while members.iter().any(|member| is_alive(member.id)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn members(self) -> Vec<Member> {
        let all: Vec<Member> = processes().filter_map(Member::read).collect();
        let mut family: Vec<Member> = all.iter().filter(|member| member.id == self.parent).copied().collect();
        let mut next = 0;
        while let Some(parent) = family.get(next).map(|member| member.id) {
            family.extend(all.iter().filter(|member| member.parent == parent));
            next += 1;
        }
        family
    }
}

#[derive(Clone, Copy)]
struct Member {
    id: u32,
    parent: u32,
    ticks: u64,
}

impl Member {
    fn read(id: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(TIMES)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Some(Self { id, parent: fields.get(PARENT)?.parse().ok()?, ticks })
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A process that nobody has waited for yet is dead all the same, once its last thread has ended.
fn is_alive(id: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    threads.into_iter().any(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with(['Z', 'X']))
    })
}

fn resident(id: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    // Shared pages count once, in proportion.
    kilobytes(&rollup, "Pss:") * 1_024
}

fn kilobytes(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let family = Family { parent: std::process::id() };
        assert!(family.resident_bytes() > 100_000);
        family.forget_peak().unwrap();
        assert!(family.peak_bytes() > 100_000);
        assert!(family.members().iter().any(|member| member.id == std::process::id()));
    }
}
