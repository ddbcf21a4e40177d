//! The process among others: what it keeps from them, its memory and the files that it makes, and how they stop it.

use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, set_dumpable_behavior, setrlimit, umask,
};

/// Memory holds secrets and mail: no core dump has it, and no other process of the same user reads it. A kernel that
/// does not do this leaves things as they were; see [`is_dumpable`].
pub(crate) fn keep_memory_private() {
    // A pipe to a collector of dumps heeds no limit of size, but it does heed what follows.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Whether memory may be dumped or read all the same.
pub(crate) fn is_dumpable() -> bool {
    !matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable))
}

/// Files and directories that are made from now on are the owner's alone, whatever the shell said. To be called before
/// there are threads that make any.
pub(crate) fn keep_files_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Resolves at Ctrl-C or SIGTERM.
pub(crate) async fn asked_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use rustix::process::getrlimit;

    use super::*;

    #[test]
    fn nothing_of_the_process_is_for_others() {
        keep_memory_private();
        assert!(!is_dumpable());
        assert_eq!(getrlimit(Resource::Core).current, Some(0));

        let folder = tempfile::tempdir().unwrap();
        let before = umask(Mode::empty());
        keep_files_private();
        let (file, made) = (folder.path().join("file"), folder.path().join("folder"));
        fs::write(&file, "").unwrap();
        fs::create_dir(&made).unwrap();
        umask(before);
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file), mode(made)), (0o600, 0o700));
    }
}
