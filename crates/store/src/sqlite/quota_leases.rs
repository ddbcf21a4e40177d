//! Leases of limits that nodes share: a node makes so many requests until a time, without asking anybody.
//!
//! Whatever a node does, the requests of all nodes together stay within the limit: what is leased counts as used from
//! the beginning, and what was not given back counts as made at the end of the lease. A node that crashes leaves a part
//! of the limit unused, for as long as the limit's longest window.

use jiff::Timestamp;
use model::quota::QuotaKey;
use rusqlite::{Connection, named_params, params};

use crate::error::StoreError;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::nodes::Node;

/// A handle to the leases.
#[derive(Clone)]
pub(crate) struct QuotaLeases {
    database: Database,
    node: Node,
}

/// So many requests within so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaWindow {
    /// How long a request counts after it ended.
    pub seconds: u32,
    /// Length of the slots in which ended requests are counted.
    pub slot_seconds: u32,
    /// How many may count at once.
    pub limit: u32,
}

/// What a node asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRequest {
    /// Of which limit.
    pub quota: QuotaKey,
    /// All its windows.
    pub windows: Vec<QuotaWindow>,
    /// At most so many permits.
    pub permits: u32,
    /// When the lease ends.
    pub until: Timestamp,
}

/// How much of a limit is a node's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it: there is no other node, and nothing to be leased.
    Whole,
    /// What it leases.
    Leased,
}

/// Permits that a node has. No request may be under way when the lease ends that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLease {
    pub number: u64,
    /// So many requests.
    pub permits: u32,
    /// When they must have ended.
    pub until: Timestamp,
}

impl QuotaLeases {
    pub(crate) fn new(database: Database, node: Node) -> Self {
        Self { database, node }
    }

    pub(crate) fn share(&self) -> Share {
        Share::Whole
    }

    pub(crate) async fn take(
        &self,
        request: QuotaRequest,
        now: Timestamp,
    ) -> Result<Option<QuotaLease>, StoreError> {
        let node = self.node;
        self.database.write(Durability::Synced, move |connection| take(connection, node, &request, now)).await
    }

    pub(crate) async fn used(&self, lease: &QuotaLease, count: u32) -> Result<(), StoreError> {
        let number = lease.number;
        self.database.write(Durability::Written, move |connection| used(connection, number, count)).await
    }

    pub(crate) async fn give_back(&self, lease: &QuotaLease, now: Timestamp) -> Result<(), StoreError> {
        let number = lease.number;
        self.database.write(Durability::Written, move |connection| give_back(connection, number, now)).await
    }
}

fn take(
    connection: &Connection,
    node: Node,
    request: &QuotaRequest,
    now: Timestamp,
) -> Result<Option<QuotaLease>, StoreError> {
    let mut permits = request.permits;
    for window in &request.windows {
        let counted = counted(connection, request.quota, window, now)?;
        permits =
            permits.min(u32::try_from(u64::from(window.limit).saturating_sub(counted)).unwrap_or(u32::MAX));
    }
    if permits == 0 {
        return Ok(None);
    }
    forget(connection, request, now)?;
    let number = connection
        .prepare_cached(
            "INSERT INTO quota_lease (scope, kind, node, permits, until)
             VALUES (:scope, :kind, :node, :permits, :until) RETURNING number",
        )?
        .query_row(
            named_params! {
                ":scope": request.quota.scope.to_string(),
                ":kind": request.quota.kind.as_str(),
                ":node": node.number(),
                ":permits": permits,
                ":until": request.until.as_millisecond(),
            },
            |row| row.get(0),
        )?;
    Ok(Some(QuotaLease { number, permits, until: request.until }))
}

/// Requests that count in a window: those that were made, and those that are leased or were.
fn counted(
    connection: &Connection,
    quota: QuotaKey,
    window: &QuotaWindow,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT (SELECT coalesce(sum(count), 0) FROM usage
                 WHERE scope = :scope AND kind = :kind AND slot_seconds = :slot_seconds
                   AND ((slot + 1) * slot_seconds + :seconds) * 1000 > :now)
              + (SELECT coalesce(sum(permits), 0) FROM quota_lease
                 WHERE scope = :scope AND kind = :kind AND until + :seconds * 1000 > :now)",
    )?;
    let parameters = named_params! {
        ":scope": quota.scope.to_string(),
        ":kind": quota.kind.as_str(),
        ":slot_seconds": window.slot_seconds,
        ":seconds": window.seconds,
        ":now": now.as_millisecond(),
    };
    Ok(select.query_row(parameters, |row| row.get(0))?)
}

/// Forgets leases that count in no window any more.
fn forget(connection: &Connection, request: &QuotaRequest, now: Timestamp) -> Result<(), StoreError> {
    let longest = request.windows.iter().map(|window| window.seconds).max().unwrap_or(0);
    connection
        .prepare_cached("DELETE FROM quota_lease WHERE scope = ? AND kind = ? AND until + ? * 1000 <= ?")?
        .execute(params![
            request.quota.scope.to_string(),
            request.quota.kind.as_str(),
            longest,
            now.as_millisecond()
        ])?;
    Ok(())
}

fn used(connection: &Connection, number: u64, count: u32) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE quota_lease SET permits = max(permits - ?, 0) WHERE number = ?")?
        .execute(params![count, number])?;
    Ok(())
}

/// A lease that has ended counts, whatever its node says afterwards.
fn give_back(connection: &Connection, number: u64, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM quota_lease WHERE number = ? AND until > ?")?
        .execute(params![number, now.as_millisecond()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::nodes;
    use crate::sqlite::rate_usage::{self, Usage};
    use azure_types::ids::SubscriptionId;
    use model::quota::QuotaKind;
    use model::upstream::QuotaScope;
    use proptest::prelude::*;

    const QUOTA: QuotaKey =
        QuotaScope::Subscription(SubscriptionId::new(uuid::Uuid::from_u128(1))).of(QuotaKind::Sends);
    const WINDOWS: [QuotaWindow; 2] = [
        QuotaWindow { seconds: 60, slot_seconds: 1, limit: 30 },
        QuotaWindow { seconds: 3_600, slot_seconds: 30, limit: 100 },
    ];

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[derive(Clone, Copy, Debug)]
    enum Act {
        Take {
            permits: u32,
            seconds: i64,
        },
        /// Makes requests, which count as used at once.
        Send(u32),
        GiveBack,
        /// Forgets what it has, and goes on as another node would.
        Crash,
        Pass(i64),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            4 => (1..20_u32, 1..30_i64).prop_map(|(permits, seconds)| Act::Take { permits, seconds }),
            6 => (1..10_u32).prop_map(Act::Send),
            2 => Just(Act::GiveBack),
            1 => Just(Act::Crash),
            4 => (1..40_i64).prop_map(Act::Pass),
            1 => (60..900_i64).prop_map(Act::Pass),
        ]
    }

    /// Notes requests as a settlement does.
    fn settle(database: &Database, second: i64, count: u32) {
        let now = at(second).as_second();
        let usage = WINDOWS.map(|window| Usage {
            key: QUOTA,
            slot_seconds: window.slot_seconds,
            slot: now.div_euclid(i64::from(window.slot_seconds)),
            count,
        });
        database
            .write_blocking(Durability::Written, move |connection| rate_usage::add(connection, &usage))
            .unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn three_nodes_never_make_more_requests_than_the_limit(
            acts in proptest::collection::vec((0..3_usize, act()), 1..80),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let database = Database::open(&folder.path().join("test.db")).unwrap();
            let node = nodes::enter(&database, at(0)).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let leases = QuotaLeases::new(database.clone(), node);
            let (mut now, mut held, mut sent) = (0, [None::<QuotaLease>; 3], Vec::new());
            for (node, act) in acts {
                match act {
                    Act::Pass(seconds) => now += seconds,
                    Act::Crash => held[node] = None,
                    Act::Take { permits, seconds } => {
                        let (windows, until) = (WINDOWS.to_vec(), at(now + seconds));
                        let request = QuotaRequest { quota: QUOTA, windows, permits, until };
                        held[node] = runtime.block_on(leases.take(request, at(now))).unwrap();
                    }
                    Act::GiveBack => {
                        if let Some(lease) = held[node].take() {
                            runtime.block_on(leases.give_back(&lease, at(now))).unwrap();
                        }
                    }
                    Act::Send(count) => {
                        let Some(lease) = held[node].as_mut().filter(|lease| at(now) < lease.until) else { continue };
                        let count = count.min(lease.permits);
                        settle(&database, now, count);
                        runtime.block_on(leases.used(lease, count)).unwrap();
                        lease.permits -= count;
                        sent.extend((0..count).map(|_| now));
                    }
                }
            }
            for window in WINDOWS {
                for start in &sent {
                    let within = (*start..*start + i64::from(window.seconds)).clone();
                    let count = sent.iter().filter(|second| within.contains(second)).count();
                    prop_assert!(count <= window.limit as usize, "{count} from {start} on");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_given_back_can_be_leased_at_once_and_what_a_crash_keeps_later() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        let leases = QuotaLeases::new(database.clone(), nodes::enter(&database, at(0)).unwrap());
        let request = |permits, until| QuotaRequest {
            quota: QUOTA,
            windows: WINDOWS.to_vec(),
            permits,
            until: at(until),
        };
        let granted = |lease: Option<QuotaLease>| lease.map_or(0, |lease| lease.permits);
        let first = leases.take(request(20, 5), at(0)).await.unwrap().unwrap();
        assert_eq!(granted(leases.take(request(20, 5), at(0)).await.unwrap()), 10);
        assert_eq!(granted(leases.take(request(20, 5), at(0)).await.unwrap()), 0);
        leases.give_back(&first, at(1)).await.unwrap();
        assert_eq!(granted(leases.take(request(20, 5), at(1)).await.unwrap()), 20);
        // Nothing comes back from these: they count for a minute after their end.
        assert_eq!(granted(leases.take(request(20, 100), at(64)).await.unwrap()), 0);
        assert_eq!(granted(leases.take(request(20, 100), at(65)).await.unwrap()), 20);
    }
}
