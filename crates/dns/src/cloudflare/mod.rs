//! Cloudflare's API, version 4: finding a zone, and writing single records of it.
//!
//! Every call can be made again: Cloudflare refuses an identical record, a record is replaced in place, and one that
//! is gone stays gone. So [`call`] tries again where somebody else could not.

mod call;
mod error;
mod wire;

use clock::Clock;
use futures_util::future::join_all;
use http_client::{HttpClient, Method};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use self::call::Answer;
pub use self::error::{Answered, CloudflareError};
use self::wire::WireRecord;
use crate::change::{Change, Held};
use dns_records::name::{is_within, normal, possible_zones};
use dns_records::record::{Data, Record};

/// Where Cloudflare's API is.
pub const BASE_URL: &str = "https://api.cloudflare.com/client/v4";

/// Cloudflare, as the owner of a token sees it. Neither prints the token.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    http: HttpClient,
    base_url: Url,
    token: SecretString,
    clock: Clock,
}

/// A zone that a Cloudflare account hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudflareZone {
    /// Cloudflare's name for it.
    pub id: String,
    pub name: String,
    /// Whether the registrar names Cloudflare's name servers: else nobody sees what is written.
    pub is_active: bool,
    /// Cloudflare's name servers for it.
    pub name_servers: Vec<String>,
}

/// What one page may hold at most.
const PER_PAGE: usize = 100;
/// Nobody has more records at one name.
const MOST_PAGES: u64 = 20;
/// An identical record is there.
const IDENTICAL: [u64; 2] = [81057, 81058];
const NO_SUCH_RECORD: u64 = 81044;
/// Longer comments are refused.
const COMMENT_CHARACTERS: usize = 100;

impl Cloudflare {
    /// Speaks to `base_url`, usually [`BASE_URL`], with a token that may read the zone (Zone:Read) and edit its records
    /// (DNS:Edit). The system's roots are trusted, or only `ca_pem`.
    ///
    /// # Errors
    /// When the base URL is neither https nor on this machine, the token cannot be one, or what is to be trusted cannot.
    pub fn new(
        base_url: &str,
        token: SecretString,
        ca_pem: Option<&str>,
        clock: Clock,
    ) -> Result<Self, CloudflareError> {
        let base_url = call::base_url(base_url)?;
        call::check_token(&token)?;
        Ok(Self { http: call::client(&base_url, ca_pem)?, base_url, token, clock })
    }

    /// The zone that holds a domain: the one with the longest name that the token sees.
    ///
    /// # Errors
    /// [`CloudflareError::NoZone`] when the token sees none; others as they come.
    pub async fn zone_of(&self, domain: &str) -> Result<CloudflareZone, CloudflareError> {
        let domain = normal(domain);
        // By name: a token for one zone may not list all.
        for name in possible_zones(&domain) {
            let found = match self.call(Method::GET, &["zones"], &[("name", name)], None).await {
                Ok(answer) => answer.list::<wire::WireZone>()?,
                // It may not see that one, and may see the next.
                Err(CloudflareError::Permission(_)) => continue,
                Err(error) => return Err(error),
            };
            if let Some(zone) = found.into_iter().find(|zone| normal(&zone.name) == name) {
                return Ok(zone.into());
            }
        }
        Err(CloudflareError::NoZone(domain))
    }

    /// The records at `names`, of those that are within the zone.
    ///
    /// # Errors
    /// As they come.
    pub async fn held(&self, zone: &CloudflareZone, names: &[String]) -> Result<Vec<Held>, CloudflareError> {
        let inside = names.iter().filter(|name| is_within(name, &zone.name));
        let mut held = Vec::new();
        for found in join_all(inside.map(|name| self.at(zone, name))).await {
            held.extend(found?);
        }
        Ok(held)
    }

    async fn at(&self, zone: &CloudflareZone, name: &str) -> Result<Vec<Held>, CloudflareError> {
        let (mut held, per_page) = (Vec::new(), PER_PAGE.to_string());
        for page in 1..=MOST_PAGES {
            let page_text = page.to_string();
            let query = [("name", name), ("page", &page_text), ("per_page", &per_page)];
            let answer = self.call(Method::GET, &["zones", &zone.id, "dns_records"], &query, None).await?;
            let last = answer.pages();
            held.extend(answer.list::<WireRecord>()?.into_iter().map(Held::from));
            if page >= last {
                break;
            }
        }
        held.retain(|one: &Held| one.record.name == name);
        Ok(held)
    }

    /// Makes a change, and gives Cloudflare's id of the record that was written or deleted. What is new is not
    /// proxied and has the comment; what replaces a record keeps the comment that it has.
    ///
    /// # Errors
    /// [`CloudflareError::Changed`] when the record is not what it was when the change was planned; others as they
    /// come.
    pub async fn write(
        &self,
        zone: &CloudflareZone,
        change: &Change,
        comment: &str,
    ) -> Result<String, CloudflareError> {
        match change {
            Change::Create(record) => self.create(zone, record, comment).await,
            Change::Replace { held, by, .. } => self.replace(zone, held, by).await,
            Change::Delete(held) => self.delete(zone, held).await,
        }
    }

    async fn create(
        &self,
        zone: &CloudflareZone,
        record: &Record,
        comment: &str,
    ) -> Result<String, CloudflareError> {
        let mut body = body(record);
        body["comment"] = comment.chars().take(COMMENT_CHARACTERS).collect::<String>().into();
        let path = ["zones", &zone.id, "dns_records"];
        let refused = match self.call(Method::POST, &path, &[], Some(&body)).await {
            Ok(answer) => return Ok(answer.one::<WireRecord>()?.id),
            Err(error) => error,
        };
        // It may be there because an answer was lost; but the same numbers are also said of others in its way.
        if refused.answered().is_some_and(|answered| IDENTICAL.contains(&answered.code)) {
            let held = self.at(zone, &record.name).await?;
            if let Some(same) =
                held.into_iter().find(|held| held.record.says_the_same(record) && !held.is_proxied)
            {
                return Ok(same.id);
            }
        }
        Err(refused.about(record))
    }

    async fn replace(
        &self,
        zone: &CloudflareZone,
        held: &Held,
        by: &Record,
    ) -> Result<String, CloudflareError> {
        let id = self.unchanged(zone, held, Some(by)).await?;
        let id = id.ok_or_else(|| CloudflareError::Changed(held.record.to_string()))?;
        // What is not said, comment and tags, stays.
        let path = ["zones", &zone.id, "dns_records", &id];
        let answer = self.call(Method::PATCH, &path, &[], Some(&body(by))).await;
        Ok(answer.map_err(|error| error.about(by))?.one::<WireRecord>()?.id)
    }

    async fn delete(&self, zone: &CloudflareZone, held: &Held) -> Result<String, CloudflareError> {
        let Some(id) = self.unchanged(zone, held, None).await? else { return Ok(held.id.clone()) };
        match self.call(Method::DELETE, &["zones", &zone.id, "dns_records", &id], &[], None).await {
            Ok(_) => Ok(id),
            Err(error) if is_gone(&error) => Ok(id),
            Err(error) => Err(error),
        }
    }

    /// The id of a record that is still as it was planned with, or already as it is to be. None if it is gone.
    async fn unchanged(
        &self,
        zone: &CloudflareZone,
        held: &Held,
        wanted: Option<&Record>,
    ) -> Result<Option<String>, CloudflareError> {
        let path = ["zones", &zone.id, "dns_records", &held.id];
        let now: Held = match self.call(Method::GET, &path, &[], None).await {
            Ok(answer) => answer.one::<WireRecord>()?.into(),
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_known =
            [Some(&held.record), wanted].into_iter().flatten().any(|one| one.says_the_same(&now.record));
        if is_known { Ok(Some(now.id)) } else { Err(CloudflareError::Changed(held.record.to_string())) }
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, CloudflareError> {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        call::patiently(self, &method, &url, body).await
    }
}

fn is_gone(error: &CloudflareError) -> bool {
    error.answered().is_some_and(|answered| answered.http_status == 404 && answered.code == NO_SUCH_RECORD)
}

/// A record as Cloudflare reads it.
fn body(record: &Record) -> Value {
    let content = match &record.data {
        Data::Txt(text) => text.quoted(),
        Data::Cname(value) | Data::Other { value, .. } => value.clone(),
    };
    json!({ "type": record.kind(), "name": record.name, "content": content, "ttl": record.ttl, "proxied": false })
}

#[cfg(test)]
mod tests;
