//! Who asks for a read or a change, and what that caller is allowed to do.
//!
//! A caller has a role, which says how much may be done, and a scope of accounts, which says where. What lies outside the
//! scope is hidden: it is reported exactly as if it did not exist.

use std::collections::BTreeSet;
use std::fmt;

use crate::fault::Fault;
use crate::id::AccountId;

/// Who makes a call, as the audit log names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A person's login, the name of a token, or `postern` for the server itself.
    pub who: String,
    /// Where the call comes from: a process of this machine, a network address, a job of the server.
    pub origin: String,
}

/// How much a caller may do. Each role may do what the ones below it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads metrics: counts by account, and no address, login or message.
    Metrics,
    /// Reads everything but secrets.
    Viewer,
    /// Changes accounts, senders, credentials, infrastructure and the queue.
    Operator,
    /// Also manages the callers themselves and the key that secrets are sealed under.
    Owner,
}

crate::words!(Role {
    Metrics = "metrics",
    Viewer = "viewer",
    Operator = "operator",
    Owner = "owner",
});

/// The accounts that a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountScope {
    /// Every account, those that are added later too, and what belongs to no account.
    All,
    Only(BTreeSet<AccountId>),
}

/// Who asks, with which role, for which accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What the audit log records of it.
    pub identity: Identity,
    /// How much it may do.
    pub role: Role,
    /// Where it may do it.
    pub accounts: AccountScope,
}

impl Caller {
    /// A job of the server, such as `rotation`. It may do everything.
    #[must_use]
    pub fn server(job: &str) -> Self {
        Self::owner(Identity { who: "postern".to_owned(), origin: job.to_owned() })
    }

    /// A caller that may do everything.
    #[must_use]
    pub fn owner(identity: Identity) -> Self {
        Self { identity, role: Role::Owner, accounts: AccountScope::All }
    }

    /// Whether the scope includes an account. Lists leave out what it does not include.
    #[must_use]
    pub fn sees(&self, account: AccountId) -> bool {
        match &self.accounts {
            AccountScope::All => true,
            AccountScope::Only(accounts) => accounts.contains(&account),
        }
    }

    /// Whether the caller sees every account, and what belongs to none.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.accounts == AccountScope::All
    }

    /// Allows reading metrics.
    ///
    /// # Errors
    /// When the scope is limited: metrics cover all accounts.
    pub fn may_read_metrics(&self) -> Result<(), Fault> {
        self.needs_all("read the metrics of all accounts")
    }

    /// Allows reading a list; the scope decides what is in it.
    ///
    /// # Errors
    /// When the role is [`Role::Metrics`].
    pub fn may_list(&self) -> Result<(), Fault> {
        self.needs(Role::Viewer)
    }

    /// Allows reading something of an account; `what` names it as the caller did.
    ///
    /// # Errors
    /// [`Fault::NotFound`] outside the scope, [`Fault::Forbidden`] when the role is not enough.
    pub fn may_read(&self, account: AccountId, what: impl fmt::Display) -> Result<(), Fault> {
        self.needs(Role::Viewer)?;
        self.finds(account, what)
    }

    /// Allows changing something of an account; `what` names it as the caller did.
    ///
    /// # Errors
    /// [`Fault::NotFound`] outside the scope, [`Fault::Forbidden`] when the role is not enough.
    pub fn may_change(&self, account: AccountId, what: impl fmt::Display) -> Result<(), Fault> {
        self.may_read(account, what)?;
        self.needs(Role::Operator)
    }

    /// Allows reading what belongs to no account: the audit log, bans, DNS provider connections.
    ///
    /// # Errors
    /// When the role is not enough, or the scope is limited to accounts.
    pub fn may_read_server(&self) -> Result<(), Fault> {
        self.needs(Role::Viewer)?;
        self.needs_all("read what belongs to the whole server")
    }

    /// Allows changing what belongs to no account, and adding accounts.
    ///
    /// # Errors
    /// When the role is not enough, or the scope is limited to accounts.
    pub fn may_change_server(&self) -> Result<(), Fault> {
        self.needs(Role::Operator)?;
        self.needs_all("change what belongs to the whole server")
    }

    /// Allows managing callers and the store's master key.
    ///
    /// # Errors
    /// When the caller is not an owner of everything.
    pub fn may_administer(&self) -> Result<(), Fault> {
        self.needs(Role::Owner)?;
        self.needs_all("change what belongs to the whole server")
    }

    fn finds(&self, account: AccountId, what: impl fmt::Display) -> Result<(), Fault> {
        if self.sees(account) { Ok(()) } else { Err(Fault::not_found(what)) }
    }

    fn needs(&self, least: Role) -> Result<(), Fault> {
        if self.role >= least {
            return Ok(());
        }
        let reason = format!("this needs the role {least}; {} has the role {}", self.identity.who, self.role);
        Err(Fault::Forbidden { reason })
    }

    fn needs_all(&self, to: &str) -> Result<(), Fault> {
        if self.sees_all() {
            return Ok(());
        }
        let reason = format!("{} is limited to some accounts and cannot {to}", self.identity.who);
        Err(Fault::Forbidden { reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: AccountId = AccountId::from_bytes([1; 16]);
    const OTHER: AccountId = AccountId::from_bytes([2; 16]);

    fn caller(role: Role, accounts: AccountScope) -> Caller {
        let identity = Identity { who: "ada".to_owned(), origin: "console".to_owned() };
        Caller { identity, role, accounts }
    }

    fn only_ours() -> AccountScope {
        AccountScope::Only(BTreeSet::from([OURS]))
    }

    /// `y` allowed, `f` forbidden, `n` not found, in the order of the calls below.
    fn answers(caller: &Caller, account: AccountId) -> String {
        let asked = [
            caller.may_read_metrics(),
            caller.may_list(),
            caller.may_read(account, "account x"),
            caller.may_change(account, "account x"),
            caller.may_read_server(),
            caller.may_change_server(),
            caller.may_administer(),
        ];
        let letter = |answer: &Result<(), Fault>| match answer {
            Ok(()) => 'y',
            Err(Fault::Forbidden { .. }) => 'f',
            Err(Fault::NotFound { .. }) => 'n',
            Err(other) => panic!("{other:?}"),
        };
        asked.iter().map(letter).collect()
    }

    #[test]
    fn roles_and_scopes_decide_what_a_caller_may_do() {
        for (role, accounts, account, expected) in [
            (Role::Owner, AccountScope::All, OURS, "yyyyyyy"),
            (Role::Operator, AccountScope::All, OURS, "yyyyyyf"),
            (Role::Viewer, AccountScope::All, OURS, "yyyfyff"),
            (Role::Metrics, AccountScope::All, OURS, "yffffff"),
            (Role::Owner, only_ours(), OURS, "fyyyfff"),
            (Role::Operator, only_ours(), OURS, "fyyyfff"),
            (Role::Viewer, only_ours(), OURS, "fyyffff"),
            (Role::Owner, only_ours(), OTHER, "fynnfff"),
            (Role::Operator, only_ours(), OTHER, "fynnfff"),
            (Role::Viewer, only_ours(), OTHER, "fynnfff"),
            (Role::Owner, AccountScope::Only(BTreeSet::new()), OURS, "fynnfff"),
        ] {
            let caller = caller(role, accounts);
            assert_eq!(answers(&caller, account), expected, "{caller:?} at {account}");
        }
    }

    #[test]
    fn an_account_outside_the_scope_is_reported_like_one_that_does_not_exist() {
        let hidden = caller(Role::Viewer, only_ours()).may_change(OTHER, "account contoso").unwrap_err();
        assert_eq!(hidden.to_string(), Fault::not_found("account contoso").to_string());
        assert_eq!(hidden.to_string(), "account contoso does not exist");
    }

    #[test]
    fn a_refusal_names_the_caller_and_the_role_that_is_needed() {
        let fault = caller(Role::Viewer, AccountScope::All).may_change(OURS, "account x").unwrap_err();
        assert_eq!(fault.to_string(), "this needs the role operator; ada has the role viewer");
    }

    #[test]
    fn jobs_of_the_server_may_do_everything() {
        let job = Caller::server("rotation");
        assert_eq!(answers(&job, OURS), "yyyyyyy");
        assert_eq!((job.identity.who.as_str(), job.identity.origin.as_str()), ("postern", "rotation"));
    }
}
