//! Where replies and bounces go: the MX records. Azure does not look at them.

use super::{Context, RecordStatus, Row};
use crate::required::Part;
use dns_records::record::{Data, Record};

pub(super) fn row(context: &Context<'_>) -> Option<Row> {
    let domain = context.required.domain();
    let at = context.at(domain);
    // The target of a CNAME is reported with the proof of ownership.
    if at.trouble.is_some() || at.cname().is_some() {
        return None;
    }
    let meant = Record {
        name: domain.to_owned(),
        data: Data::Other { kind: "MX".to_owned(), value: String::new() },
        ttl: 0,
    };
    let row = |verdict, code, message: String| Row::new(Part::Mx, &meant, verdict, code, message);
    let servers = at.of_kinds(&["MX"]);
    // RFC 7505 section 3.
    if servers.iter().any(|record| record.value().ends_with(" .")) {
        let message = format!(
            "{domain} says that it takes no mail (a null MX): nobody can reply, and some receivers refuse mail from a \
             domain that cannot be answered. Use a domain with a mailbox, or let its MX lead to one."
        );
        return Some(row(RecordStatus::Advice, "mx.null", message).showing(servers));
    }
    if servers.is_empty() {
        let addresses = at.addresses();
        // RFC 5321 section 5.1.
        let where_to = if addresses.is_empty() { "go nowhere" } else { "are tried at its web server" };
        let message = format!(
            "{domain} has no MX record: replies and bounces {where_to}, and some receivers trust it less. Let its MX lead \
             to a mailbox."
        );
        return Some(row(RecordStatus::Advice, "mx.missing", message).showing(addresses).waiting(None));
    }
    let message = "Replies and bounces have somewhere to go.".to_owned();
    Some(row(RecordStatus::Right, "mx.right", message).showing(servers).waiting(at.stale_seconds))
}
