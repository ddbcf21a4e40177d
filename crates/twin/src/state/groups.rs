//! Resource groups, and what takes a while.

use std::collections::BTreeMap;

use azure_types::ids::SubscriptionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::covers;
use super::{PROVIDER_APP, State};
use crate::keys::random_guid;

/// A resource group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResourceGroup {
    /// Where it is billed.
    pub subscription: SubscriptionId,
    /// Its name, as it was first written.
    pub name: String,
    /// Where Azure keeps what it knows of it.
    pub location: String,
    /// Words that people put on it.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When it and all in it will be gone, if somebody deletes it.
    #[serde(default)]
    pub gone_at: Option<Timestamp>,
}

/// Something that was begun and will be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LongRunningOperation {
    pub id: Uuid,
    /// What it is about, an ARM id.
    #[serde(default)]
    pub resource: String,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When it is done.
    pub done_at: Timestamp,
    /// Why it will have come to nothing then: a code and a text.
    #[serde(default)]
    pub failure: Option<(String, String)>,
    /// What is done: operations of each kind have words of their own.
    #[serde(default)]
    pub kind: OperationKind,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationKind {
    /// It makes or changes something, or acts on it.
    #[default]
    Write,
    /// It deletes something.
    Delete,
}

impl ResourceGroup {
    /// The group's ARM id.
    #[must_use]
    pub fn resource_id(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.name)
    }
}

impl State {
    /// The group at an ARM id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&ResourceGroup> {
        self.groups.iter().find(|group| group.resource_id().eq_ignore_ascii_case(id))
    }

    /// Whether something is due that [`State::settle`] would do.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.groups.iter().any(|group| group.gone_at.is_some_and(|at| at <= now))
            || self.events.is_due(now)
            || self.domains.iter().any(|domain| {
                domain.verification.is_planned(now) || domain.verification.due(now).next().is_some()
            })
    }

    /// Does what is due, but for verifications, which ask DNS: groups that were deleted take what is in them along.
    pub fn settle(&mut self, now: Timestamp) {
        self.settle_events(now);
        for domain in &mut self.domains {
            if domain.verification.settle(now) {
                domain.stamp.change(PROVIDER_APP, now, random_guid().as_u128());
            }
        }
        let (gone, kept) = std::mem::take(&mut self.groups)
            .into_iter()
            .partition(|group| group.gone_at.is_some_and(|at| at <= now));
        self.groups = kept;
        for group in gone as Vec<ResourceGroup> {
            let id = group.resource_id();
            self.email_services.retain(|service| !covers(&id, &service.resource_id()));
            self.services.retain(|service| !covers(&id, &service.resource_id()));
            self.domains.retain(|domain| !covers(&id, &domain.resource_id()));
            self.events.forget(&id);
            self.zones.retain(|zone| zone.resource_id().is_none_or(|zone| !covers(&id, &zone)));
            self.assignments.retain(|assignment| !covers(&id, &assignment.scope));
        }
    }
}
