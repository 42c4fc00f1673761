//! The command line, word for word as the operator's contract has it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Flags, Sources};

/// Lets AI agents into an API without anybody handing out an API key.
#[derive(Parser)]
#[command(name = "countersign", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command the flags are those of `serve`.
    #[command(flatten)]
    serve: SettingArguments,
}

#[derive(Subcommand)]
pub enum Command {
    /// Bring the database up to date, then serve (what happens without a command)
    Serve(SettingArguments),
    /// Create people and let them back in
    #[command(subcommand)]
    Account(AccountCommand),
    /// Examine the audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look after organizations
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// Show or check the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Bring the database up to date and exit
    Migrate(SettingArguments),
}

#[derive(Subcommand)]
pub enum AccountCommand {
    /// Create a person; prints a one-time link to set a password
    Add(AccountAdd),
    /// Print a one-time link to set a new password; ends that person's browser sessions
    Reset(AccountNamed),
    /// Give a person another plan
    Plan(AccountPlan),
    /// Close an account: everything in it ends at once
    Close(AccountNamed),
    /// Open a closed account again, with nothing in it
    Reopen(AccountNamed),
}

#[derive(Subcommand)]
pub enum OrganizationCommand {
    /// Give an organization another plan
    Plan(OrganizationPlan),
}

#[derive(Args)]
pub struct OrganizationPlan {
    /// The short name of the organization
    pub slug: String,
    /// The name of a [[profile.plan]]
    pub plan: String,
    #[command(flatten)]
    pub settings: SettingArguments,
}

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Print a line for each entry that was changed, removed or put in; exits 1 if there is any
    Verify(AuditVerify),
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in effect as TOML, with where each came from
    Show(SettingArguments),
    /// Print every problem at once; exits 2 if there is any
    Check(SettingArguments),
}

#[derive(Args)]
pub struct AccountAdd {
    /// The person's e-mail address
    pub email: String,
    /// What pages call the person
    #[arg(long)]
    pub name: Option<String>,
    /// May administer this server
    #[arg(long)]
    pub admin: bool,
    /// Read the password from standard input instead of printing a link
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    pub settings: SettingArguments,
}

#[derive(Args)]
pub struct AccountNamed {
    /// The person's e-mail address
    pub email: String,
    #[command(flatten)]
    pub settings: SettingArguments,
}

#[derive(Args)]
pub struct AccountPlan {
    /// The person's e-mail address
    pub email: String,
    /// The name of a [[profile.plan]]
    pub plan: String,
    #[command(flatten)]
    pub settings: SettingArguments,
}

#[derive(Args)]
pub struct AuditVerify {
    /// How many entries there were when this was last run; fewer now is a fault
    #[arg(long, value_name = "COUNT")]
    pub at_least: Option<i64>,
    #[command(flatten)]
    pub settings: SettingArguments,
}

/// The flags that every command takes: where settings are, and the three that override them.
#[derive(Default, Args)]
pub struct SettingArguments {
    /// Settings file; countersign.toml in the working directory where that exists
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to accept connections on
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// The URL this server is known by
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// An sqlite:// or postgres:// URL
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

impl Arguments {
    #[must_use]
    pub fn chosen(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

impl SettingArguments {
    /// Where the settings come from, given the process environment.
    #[must_use]
    pub fn sources(self, environment: impl IntoIterator<Item = (String, String)>) -> Sources {
        let flags = Flags { listen: self.listen, issuer: self.issuer, database: self.database };
        Sources::new(self.config, environment, flags)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn command(line: &str) -> Command {
        Arguments::try_parse_from(line.split(' ')).expect("a command line").chosen()
    }

    /// contracts/operator.md, "Commands".
    #[test]
    fn every_command_of_the_contract_parses() {
        Arguments::command().debug_assert();
        assert!(matches!(
            command("countersign migrate --database sqlite://x.db"),
            Command::Migrate(_)
        ));
        assert!(matches!(
            command("countersign config show --config x.toml"),
            Command::Config(ConfigCommand::Show(_))
        ));
        assert!(matches!(
            command("countersign config check --config x.toml"),
            Command::Config(ConfigCommand::Check(_))
        ));
        assert!(matches!(
            command("countersign account reset ann@example.com"),
            Command::Account(AccountCommand::Reset(AccountNamed { email, .. })) if email == "ann@example.com"
        ));
        assert!(matches!(
            command("countersign account plan ann@example.com pro"),
            Command::Account(AccountCommand::Plan(AccountPlan { plan, .. })) if plan == "pro"
        ));
        assert!(matches!(
            command("countersign organization plan acme pro"),
            Command::Organization(OrganizationCommand::Plan(OrganizationPlan { slug, plan, .. }))
                if slug == "acme" && plan == "pro"
        ));
        assert!(matches!(
            command("countersign account add ann@example.com --name Ann --admin --password-stdin"),
            Command::Account(AccountCommand::Add(AccountAdd {
                admin: true,
                password_stdin: true,
                ..
            }))
        ));
    }

    /// docs/operating.md, "People".
    #[test]
    fn accounts_are_closed_and_opened_by_their_address() {
        assert!(matches!(
            command("countersign account close ann@example.com"),
            Command::Account(AccountCommand::Close(AccountNamed { email, .. })) if email == "ann@example.com"
        ));
        assert!(matches!(
            command("countersign account reopen ann@example.com"),
            Command::Account(AccountCommand::Reopen(AccountNamed { email, .. })) if email == "ann@example.com"
        ));
    }

    /// contracts/operator.md: `countersign` is the same as `countersign serve`.
    #[test]
    fn no_command_means_serve_with_the_same_flags() {
        for line in ["countersign --listen [::1]:1", "countersign serve --listen [::1]:1"] {
            let Command::Serve(arguments) = command(line) else { panic!("{line} is not serve") };
            assert_eq!(arguments.listen.as_deref(), Some("[::1]:1"));
        }
        assert!(matches!(command("countersign"), Command::Serve(_)));
    }
}
