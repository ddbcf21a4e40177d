//! Commands about quotas.

use clap::Subcommand;

use super::OfAccount;

#[derive(Debug, Subcommand)]
pub(crate) enum QuotaCommand {
    /// Print what Azure's form asks for, from Postern's own records, as text to paste
    Report(OfAccount),
}
