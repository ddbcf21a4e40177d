//! Which transport carries a message: the first of those that are open which can say all of it. Pure.

use model::upstream::Transport;

use super::mail::Candidate;
use super::upstream::carrier::{self, Form};
use super::upstream::unsupported::{self, Unsupported};

/// What was chosen, and why, for the trace.
#[derive(Debug)]
pub(crate) enum Choice {
    /// By one of the transports.
    By(Chosen),
    /// Not at all: no transport that is open can carry it.
    Neither { why: String },
}

/// A transport, and the message in the form that it takes.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) transport: Transport,
    pub(crate) form: Form,
    pub(crate) why: String,
}

/// Chooses among the transports that are open, preferred first.
pub(crate) fn choose(open: &[Transport], candidate: &Candidate<'_>) -> Choice {
    let mut refused: Option<(Chosen, Vec<Unsupported>)> = None;
    for &transport in open {
        let (form, unsupported) = carrier::prepare(transport, candidate);
        if unsupported.is_empty() {
            let why = match refused {
                None => carrier::why_alone(transport).to_owned(),
                Some((before, unsupported)) => format!(
                    "by {} because {} cannot carry {}",
                    transport.as_str().to_uppercase(),
                    carrier::name(before.transport),
                    unsupported::listed(&unsupported)
                ),
            };
            return Choice::By(Chosen { transport, form, why });
        }
        refused.get_or_insert((Chosen { transport, form, why: String::new() }, unsupported));
    }
    match refused {
        Some((chosen, unsupported)) => without(chosen, unsupported),
        None => Choice::Neither { why: "the account has no transport".to_owned() },
    }
}

/// No transport carries all of a message. The preferred one may carry it without what is minor.
fn without(chosen: Chosen, unsupported: Vec<Unsupported>) -> Choice {
    let transport = chosen.transport;
    if unsupported.iter().all(Unsupported::is_minor) {
        let (by, list) = (transport.as_str().to_uppercase(), unsupported::listed(&unsupported));
        let why = format!("by {by}, the account's only transport, without {list}");
        return Choice::By(Chosen { why, ..chosen });
    }
    let serious: Vec<Unsupported> = unsupported.into_iter().filter(|one| !one.is_minor()).collect();
    let (name, list) = (carrier::name(transport), unsupported::listed(&serious));
    Choice::Neither { why: format!("{name} is the account's only transport and cannot carry {list}") }
}

#[cfg(test)]
mod tests;
