//! Linking domains to the communication service. Azure replaces the whole list: it is read, changed, written and
//! read again, so that two who write do not undo each other.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use azure_types::resource_id::ResourceId;
use tokio::sync::Mutex as Turn;

use super::super::observed::ObservedService;
use super::{Context, NotDone};

/// Links that are to be made or ended: the step that holds the lock does it for all that wait.
#[derive(Default)]
pub(super) struct Links {
    waiting: Mutex<BTreeMap<ResourceId, LinkChange>>,
    done: Mutex<BTreeMap<ResourceId, Result<(), NotDone>>>,
    turn: Turn<()>,
}

/// Writes, before the step fails because others write all the time.
const TRIES: u32 = 4;

/// What is done with a domain at the service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LinkChange {
    Link,
    Unlink,
}

impl Context {
    pub(super) async fn link(&self, name: &str) -> Result<(), NotDone> {
        self.set_link(name, LinkChange::Link).await
    }

    pub(super) async fn unlink(&self, name: &str) -> Result<(), NotDone> {
        self.set_link(name, LinkChange::Unlink).await?;
        let address = self.observed_domain(name).address;
        self.forget_devices(&address).await
    }

    async fn set_link(&self, name: &str, wanted: LinkChange) -> Result<(), NotDone> {
        let id = self.ids.domain(name);
        lock(&self.links.waiting).insert(id.clone(), wanted);
        let _turn = self.links.turn.lock().await;
        if let Some(result) = lock(&self.links.done).remove(&id) {
            return result;
        }
        let all = std::mem::take(&mut *lock(&self.links.waiting));
        let mut result = self.write_links(&all).await;
        if result.is_err() && all.len() > 1 {
            // One domain that Azure does not take must not keep the others out.
            let alone: BTreeMap<_, _> = [(id.clone(), wanted)].into();
            result = self.write_links(&alone).await;
            let others = all.into_iter().filter(|(other, _)| *other != id);
            lock(&self.links.waiting).extend(others);
            return result;
        }
        let mut done = lock(&self.links.done);
        done.extend(all.into_keys().filter(|other| *other != id).map(|other| (other, result.clone())));
        result
    }

    async fn write_links(&self, changes: &BTreeMap<ResourceId, LinkChange>) -> Result<(), NotDone> {
        let service = self.ids.service();
        for _ in 0..TRIES {
            let there = self.azure.arm.service(service).await?.properties.linked_domains;
            // What Azure lists is written back as it was.
            let is = |one: &String, id: &ResourceId| one.parse().is_ok_and(|one: ResourceId| one == *id);
            let is_there = |id: &ResourceId| there.iter().any(|one| is(one, id));
            if changes.iter().all(|(id, wanted)| is_there(id) == (*wanted == LinkChange::Link)) {
                return Ok(());
            }
            let gone = |id: &String| {
                changes.iter().any(|(other, wanted)| *wanted == LinkChange::Unlink && is(id, other))
            };
            let mut all: Vec<String> = there.iter().filter(|id| !gone(id)).cloned().collect();
            let new = changes.iter().filter(|(id, wanted)| **wanted == LinkChange::Link && !is_there(id));
            all.extend(new.map(|(id, _)| id.to_string()));
            let written = self.azure.arm.link(service, &all).await?;
            self.observed().service = Some(ObservedService::of(&written.properties));
        }
        Err(NotDone::Failed(format!(
            "somebody else changes the linked domains of {} all the time",
            self.infrastructure.service
        )))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
