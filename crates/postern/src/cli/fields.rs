//! The option under which the user typed a field of a request: the server names a member of the JSON.

use api::problem::Problem;
use clap::{ArgMatches, Command};

/// Fields that come from an argument of another name, and that argument. All others come from the argument of their own
/// name, if the command has one.
const RENAMED: [(&str, &str); 22] = [
    ("cloud.authority", "cloud_authority"),
    ("cloud.ca_pem", "cloud_ca"),
    ("cloud.graph", "cloud_graph"),
    ("cloud.name", "cloud"),
    ("cloud.resource_manager", "cloud_resource_manager"),
    ("cloud.smtp_host", "cloud_smtp"),
    ("cloud.smtp_port", "cloud_smtp"),
    ("deadline_seconds", "deadline"),
    ("domain", "domains"),
    ("life_days", "days"),
    ("login", "credential"),
    ("name", "rename"),
    ("quota.sends_per_day", "quota"),
    ("quota.sends_per_hour", "quota"),
    ("quota.sends_per_minute", "quota"),
    ("quota.status_reads_per_hour", "quota"),
    ("quota.status_reads_per_minute", "quota"),
    ("secret_expires_at", "secret_expires"),
    ("sender", "senders"),
    ("subscription_id", "subscription"),
    ("target", "targets"),
    ("tenant_id", "tenant"),
];

/// Fields that are read from a prompt, standard input or a file, in words.
const READ: [(&str, &str); 6] = [
    ("access_key", "the access key"),
    ("client_secret", "the client secret"),
    ("master_key", "the master key"),
    ("password", "the password"),
    ("secret", "the client secret"),
    ("token", "the API token"),
];

/// Has a problem in the error name what the user of that command typed.
pub(crate) fn name_option(error: &mut anyhow::Error, command: &Command) {
    let Some(problem) = error.downcast_mut::<Problem>() else { return };
    if let Some(typed) = problem.field.as_deref().and_then(|field| typed_as(field, command)) {
        problem.field = Some(typed);
    }
}

/// The command that was run: the innermost subcommand.
pub(crate) fn innermost<'c>(command: &'c Command, matches: &ArgMatches) -> &'c Command {
    let inner = matches.subcommand();
    match inner.and_then(|(name, matches)| Some((command.find_subcommand(name)?, matches))) {
        Some((command, matches)) => innermost(command, matches),
        None => command,
    }
}

/// What the user typed a field as; `None` where the field's own name is the best there is.
fn typed_as(field: &str, command: &Command) -> Option<String> {
    let path = field.split('[').next().unwrap_or(field);
    if let Some((_, words)) = READ.iter().find(|(name, _)| *name == path) {
        return Some((*words).to_owned());
    }
    let other = RENAMED.iter().find(|(name, _)| *name == path).map(|(_, argument)| *argument);
    let option = other.into_iter().chain([path]).find_map(|id| option(command, id))?;
    let number = field[path.len()..].trim_matches(['[', ']']).parse::<usize>();
    Some(match number {
        Ok(index) => format!("--{option} (number {})", index + 1),
        Err(_) => format!("--{option}"),
    })
}

/// The long name of an argument, if it has one.
fn option<'c>(command: &'c Command, id: &str) -> Option<&'c str> {
    let argument = command.get_arguments().find(|argument| argument.get_id() == id)?;
    argument.get_long()
}

#[cfg(test)]
mod tests {
    use api::problem::Code;
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn definition() -> Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    fn all(command: &Command) -> Vec<&Command> {
        command.get_subcommands().flat_map(all).chain([command]).collect()
    }

    fn run<'c>(command: &'c Command, arguments: &[&str]) -> &'c Command {
        let matches = command.clone().get_matches_from(arguments);
        innermost(command, &matches)
    }

    #[test]
    fn each_argument_that_fields_come_from_is_one_of_a_command() {
        let definition = definition();
        let commands = all(&definition);
        for (field, argument) in RENAMED {
            assert!(
                commands.iter().any(|command| option(command, argument).is_some()),
                "{field}: {argument}"
            );
        }
    }

    #[test]
    fn a_field_is_named_as_the_option_that_was_typed() {
        let definition = definition();
        let account_add = ["postern", "account", "add", "a"];
        let account_edit = ["postern", "account", "edit", "a"];
        let rotate = ["postern", "account", "rotate", "a"];
        let credential = ["postern", "credential", "add", "a"];
        for (arguments, field, expected) in [
            (account_add, "client_id", Some("--client-id")),
            (account_add, "subscription_id", Some("--subscription")),
            (account_add, "quota.sends_per_minute", Some("--quota")),
            (account_add, "cloud.ca_pem", Some("--cloud-ca")),
            (account_add, "client_secret", Some("the client secret")),
            (account_add, "name", None),
            (account_edit, "name", Some("--rename")),
            (rotate, "life_days", Some("--days")),
            (credential, "networks[1]", Some("--network (number 2)")),
            (credential, "rate_per_minute", Some("--rate-per-minute")),
            (credential, "life_days", None),
        ] {
            let command = run(&definition, &arguments);
            assert_eq!(typed_as(field, command).as_deref(), expected, "{arguments:?}: {field}");
        }
    }

    #[test]
    fn the_error_of_a_command_names_the_option() {
        let definition = definition();
        let command = run(&definition, &["postern", "account", "add", "a"]);
        let problem = Problem {
            field: Some("tenant_id".to_owned()),
            ..Problem::new(422, Code::Invalid, "\"x y\" is neither a GUID nor a domain")
        };
        let mut error = anyhow::Error::msg(problem).context("the account was not added");
        name_option(&mut error, command);
        let shown: Vec<String> = error.chain().map(ToString::to_string).collect();
        assert_eq!(shown, ["the account was not added", "--tenant: \"x y\" is neither a GUID nor a domain"]);
    }
}
