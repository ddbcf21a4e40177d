//! `postern twin`.

use std::fs;
use std::process::ExitCode;

use ::twin::state::Seed;
use ::twin::{Options, Twin};
use anyhow::Context as _;
use clock::Clock;

use crate::cli;
use crate::output::{self, STRONG, say};
use crate::process::asked_to_stop;

pub(super) async fn twin(arguments: cli::Twin) -> anyhow::Result<ExitCode> {
    let seed = match &arguments.seed {
        None => Seed::standard(),
        Some(path) => {
            let text =
                fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Seed::parse(&text).with_context(|| path.display().to_string())?
        }
    };
    let twin = Twin::start(Options {
        data_dir: arguments.data_dir,
        listen: arguments.listen,
        smtp_listen: arguments.smtp_listen,
        inspect_listen: arguments.inspect_listen,
        inspect_hosts: arguments.inspect_hosts,
        dns_listen: arguments.dns_listen,
        resolver: arguments.resolver,
        seed,
        clock: Clock::system(),
        ready_file: arguments.ready_file,
    })
    .await?;
    let ready = twin.ready();
    say!("{STRONG}A twin of Azure is running.{STRONG:#} Nothing that is sent to it leaves this machine.");
    say!("");
    output::pairs(&[
        ("Entra, Email API", ready.url.clone()),
        ("SMTP", format!("{}:{}", ready.smtp_host, ready.smtp_port)),
        ("Name server", ready.dns.clone()),
        ("Captured mail", ready.inspect_url.clone()),
        ("CA to trust", ready.ca.clone()),
        ("Tenant id", ready.tenant_id.to_string()),
        ("Client id", ready.client_id.to_string()),
        ("Client secret", ready.client_secret.clone()),
        ("Subscription id", ready.subscription_id.to_string()),
        ("Service", ready.communication_service.clone()),
        ("Connection string", ready.connection_string.clone()),
    ]);
    say!("");
    say!("To connect a server to it, and give the client secret when asked:");
    say!("  postern account add contoso \\");
    for option in [
        format!("--tenant {} --client-id {}", ready.tenant_id, ready.client_id),
        format!("--subscription {} --service {}", ready.subscription_id, ready.communication_service),
        format!("--cloud-authority {0} --cloud-resource-manager {0} --cloud-graph {0}", ready.url),
        format!("--endpoint {} --cloud-smtp {}:{}", ready.url, ready.smtp_host, ready.smtp_port),
    ] {
        say!("    {option} \\");
    }
    say!("    --cloud-ca {}", ready.ca);
    say!("  postern adopt --account contoso --senders-only");
    say!("");
    say!("Ctrl-C stops it.");
    asked_to_stop().await?;
    twin.stop().await;
    Ok(ExitCode::SUCCESS)
}
