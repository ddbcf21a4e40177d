//! Where messages may be that are wanted: ids from the largest to the smallest, from whatever leads to the fewest. Each is
//! compared with its rows by the caller.

use std::collections::{BTreeSet, VecDeque};

use azure_types::ids::OperationId;
use model::id::{AccountId, QueueId};
use model::operation;
use model::search::Search;
use rusqlite::Connection;

use super::backlog;
use super::pages::{Bounds, Pages};
use super::posted::Posted;
use super::standing::{self, Rare, Standing};
use super::terms::{self, Term};
use crate::error::StoreError;
use crate::sqlite::columns;

/// What is wanted of messages, as far as it leads to them.
pub(in crate::sqlite::queue) struct Wanted {
    pub(in crate::sqlite::queue) bounds: Bounds,
    pub(in crate::sqlite::queue) accounts: Option<BTreeSet<AccountId>>,
    pub(in crate::sqlite::queue) state: Option<Standing>,
    operation: Option<OperationId>,
    terms: Vec<Term>,
}

/// Ids, the largest first, within bounds.
pub(in crate::sqlite::queue) struct Candidates<'a> {
    connection: &'a Connection,
    sources: VecDeque<Source>,
}

enum Source {
    /// All of them.
    Known(BTreeSet<QueueId>),
    Posted(Posted),
    Pages(Pages),
}

impl From<&Search> for Wanted {
    fn from(search: &Search) -> Self {
        let of = |at| QueueId::new(at, [0; 10]);
        let end = [search.before, search.until.map(of)].into_iter().flatten().min();
        Self {
            bounds: Bounds { first: search.since.map_or(Bounds::ALL.first, of), ..Bounds::before(end) },
            accounts: search.accounts.clone(),
            state: search.state.map(Standing::Recipient),
            operation: search.operation,
            terms: terms::of_search(search),
        }
    }
}

impl Wanted {
    /// Messages of accounts, with a send in a state.
    pub(in crate::sqlite::queue) fn sends(
        bounds: Bounds,
        accounts: Option<BTreeSet<AccountId>>,
        state: Option<Standing>,
    ) -> Self {
        Self { bounds, accounts, state, operation: None, terms: Vec::new() }
    }

    /// What leads to the fewest messages.
    fn source(&self, connection: &Connection) -> Result<Source, StoreError> {
        let posted = |wanted| Posted::of(connection, wanted, self.bounds).map(Source::Posted);
        if let Some(id) = self.operation {
            let ids = led_back_to(connection, id)?;
            return match ids.is_empty() {
                false => Ok(Source::Known(ids.into_iter().filter(|id| self.bounds.has(*id)).collect())),
                true => posted(vec![vec![terms::of_operation(id)]]),
            };
        }
        if self.terms.is_empty()
            && let Some(state) = self.state
            && let Some(rare) = standing::rare(connection, state, self.bounds, self.accounts.as_ref())?
        {
            return Ok(match rare {
                Rare::Known(ids) => Source::Known(ids),
                Rare::Pages(pages) => Source::Pages(pages),
            });
        }
        let mut wanted: Vec<Vec<Term>> = self.terms.iter().map(|term| vec![*term]).collect();
        if let Some(accounts) = &self.accounts {
            wanted.push(accounts.iter().map(|account| terms::of_account(*account)).collect());
        }
        if wanted.is_empty() { Ok(Source::Pages(Pages::all(self.bounds))) } else { posted(wanted) }
    }
}

impl<'a> Candidates<'a> {
    pub(in crate::sqlite::queue) fn of(
        connection: &'a Connection,
        wanted: &Wanted,
    ) -> Result<Self, StoreError> {
        let mut sources = VecDeque::from([wanted.source(connection)?]);
        // Messages of older builds have no terms yet: up to a certain id each is read.
        if let (Some(Source::Posted(posted)), Some(up_to)) =
            (sources.front_mut(), backlog::up_to(connection)?)
        {
            let above = following(up_to);
            posted.keep_from(above);
            let end = wanted.bounds.end.min(above);
            sources.push_back(Source::Pages(Pages::all(Bounds { end, ..wanted.bounds })));
        }
        Ok(Self { connection, sources })
    }

    pub(in crate::sqlite::queue) fn next(&mut self) -> Result<Option<QueueId>, StoreError> {
        while let Some(source) = self.sources.front_mut() {
            let next = match source {
                Source::Known(ids) => ids.pop_last(),
                Source::Posted(posted) => posted.next(self.connection)?,
                Source::Pages(pages) => pages.next(self.connection)?,
            };
            if next.is_some() {
                return Ok(next);
            }
            self.sources.pop_front();
        }
        Ok(None)
    }
}

/// The messages that an operation id leads back to: it is that of one of their sends.
fn led_back_to(connection: &Connection, id: OperationId) -> Result<Vec<QueueId>, StoreError> {
    let leads_to = operation::candidates(id);
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT message_id FROM send WHERE message_id BETWEEN ? AND ? AND operation_id = ?",
    )?;
    let texts = [leads_to.start().to_string(), leads_to.end().to_string(), id.to_string()];
    let rows = select.query_map(texts, |row| row.get::<_, String>(0))?;
    rows.map(|row| columns::to_id(&row?)).collect()
}

/// The id behind an id.
fn following(id: QueueId) -> QueueId {
    QueueId::from_bytes(u128::from_be_bytes(id.to_bytes()).saturating_add(1).to_be_bytes())
}
