//! Which shell printed commands are for.

use api::command::Shell;
use clap::{Args, ValueEnum};

use crate::config;

/// The shell that commands are printed for.
#[derive(Debug, Args)]
pub(crate) struct ShellChoice {
    /// Print commands of the Azure CLI for this shell [default: PowerShell if this runs in one, else bash]
    #[arg(long, value_name = "SHELL")]
    shell: Option<ShellName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShellName {
    /// A POSIX shell
    Bash,
    /// Windows PowerShell 5.1 and PowerShell 7
    Powershell,
    /// The command prompt of Windows
    Cmd,
}

impl ShellChoice {
    /// The shell that was chosen, or the one that this runs in.
    pub(crate) fn shell(&self) -> Shell {
        match self.shell {
            Some(ShellName::Bash) => Shell::Bash,
            Some(ShellName::Powershell) => Shell::PowerShell,
            Some(ShellName::Cmd) => Shell::Cmd,
            None => running(config::is_set),
        }
    }

    /// What people call it.
    pub(crate) fn name(&self) -> &'static str {
        match self.shell() {
            Shell::Bash => "a POSIX shell (--shell powershell and --shell cmd for others)",
            Shell::PowerShell => "PowerShell",
            Shell::Cmd => "the command prompt",
        }
    }
}

/// The shell that sets these variables of the environment.
fn running(is_set: impl Fn(&str) -> bool) -> Shell {
    let is_powershell = ["PSModulePath", "POWERSHELL_DISTRIBUTION_CHANNEL"].into_iter().any(is_set);
    match (is_powershell, cfg!(windows)) {
        (true, _) => Shell::PowerShell,
        (false, true) => Shell::Cmd,
        (false, false) => Shell::Bash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powershell_is_known_by_what_it_sets() {
        assert_eq!(running(|name| name == "PSModulePath"), Shell::PowerShell);
        assert_eq!(running(|name| name == "POWERSHELL_DISTRIBUTION_CHANNEL"), Shell::PowerShell);
        assert_eq!(running(|_| false), Shell::Bash);
    }
}
