//! What the parts of an infrastructure are called in a Bicep file, and how many of them go into one deployment.

use model::infrastructure::{DesiredDomain, Infrastructure};

use super::super::{ExportContext, List, Names, at_azure, lists};

/// Resources in one deployment.
const MAX_RESOURCES: usize = 800;

/// A domain, with the symbols that it has in the file.
pub(super) struct Placed<'a> {
    pub(super) name: &'a str,
    pub(super) domain: &'a DesiredDomain,
    pub(super) symbol: String,
    pub(super) senders: String,
    pub(super) lists: Vec<(String, List<'a>)>,
}

/// How an infrastructure is cut so that each part can be deployed.
pub(super) struct Parts {
    pub(super) count: usize,
    /// Entries of each list in a part; all of them if there is one part.
    pub(super) size: Option<usize>,
    /// Whether each part alone is more than Azure takes: there are too many domains and suppression lists.
    pub(super) is_too_much: bool,
}

/// Gives each domain and each list its symbol.
pub(super) fn place<'a>(infrastructure: &'a Infrastructure, home: &ExportContext) -> Vec<Placed<'a>> {
    let mut names = Names::default();
    let mut lists = lists(infrastructure, &infrastructure.ids(home.subscription)).into_iter().peekable();
    let mut placed = Vec::new();
    for (name, domain) in &infrastructure.domains {
        let mut own = Vec::new();
        while let Some(list) = lists.next_if(|list| list.domain == name) {
            let about = format!("{}_{}", at_azure(name), list.sender.username);
            own.push((names.symbol("list", &about), list));
        }
        let symbol = names.symbol("domain", at_azure(name));
        let senders = names.symbol("senders", at_azure(name));
        placed.push(Placed { name, domain, symbol, senders, lists: own });
    }
    placed
}

impl Parts {
    pub(super) fn of(infrastructure: &Infrastructure, domains: &[Placed<'_>]) -> Self {
        let mut single = 2 + domains.len();
        let mut listed = vec![infrastructure.smtp_usernames.len()];
        for placed in domains {
            single += placed.lists.len();
            listed.push(placed.domain.senders.len());
            listed.extend(placed.lists.iter().map(|(_, list)| list.addresses.len()));
        }
        listed.retain(|length| *length > 0);
        if single + listed.iter().sum::<usize>() <= MAX_RESOURCES {
            return Self { count: 1, size: None, is_too_much: false };
        }
        let size = (MAX_RESOURCES.saturating_sub(single) / listed.len().max(1)).max(1);
        let count = listed.iter().max().map_or(1, |longest| longest.div_ceil(size));
        let is_too_much = single + size * listed.len() > MAX_RESOURCES;
        Self { count, size: (count > 1).then_some(size), is_too_much }
    }

    /// What of a list belongs to the part that is deployed.
    pub(super) fn slice(&self, list: &str) -> String {
        match self.size {
            Some(size) => format!("take(skip({list}, part * {size}), {size})"),
            None => list.to_owned(),
        }
    }
}
