//! What may be accepted, and what has to arrive.

use std::collections::HashMap;

use super::attempt::{Attempt, Seen, recipient, smuggled_recipient};
use super::{Arrived, Framing, LineEnds, Route};
use crate::reader::{flaw, lax_ends, strict_end};
use crate::sink::Arrival;
use crate::verdict::AttackResult;

pub(super) struct Judge<'a> {
    pub(super) route: Route,
    pub(super) verdict: &'a mut AttackResult,
}

/// What the client's own bytes allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowed {
    /// Whether the first message is to be taken; `None` where both is right.
    first: Option<bool>,
    /// Whether the client itself ended the first message before another one.
    second: bool,
}

impl Judge<'_> {
    pub(super) fn judge(mut self, seen: &[(Attempt, Seen)], arrived: Arrived) {
        let counts = match arrived {
            Arrived::ByRest(counts) => counts,
            Arrived::BySmtp(arrivals) => {
                arrivals.iter().for_each(|arrival| self.bytes(arrival));
                self.bodies(seen, &arrivals);
                count(&arrivals)
            }
        };
        let mut expected_in_all = 0;
        for (attempt, seen) in seen {
            self.attempt(attempt, seen, &counts);
            expected_in_all += seen.accepted;
        }
        let arrived: u64 = counts.values().sum();
        self.verdict.expect(arrived == expected_in_all, || {
            format!("{expected_in_all} messages were accepted and {arrived} arrived")
        });
    }

    fn attempt(&mut self, attempt: &Attempt, seen: &Seen, counts: &HashMap<String, u64>) {
        let of = |address: String| counts.get(&address).copied().unwrap_or(0);
        let (first, second) = (of(recipient(&attempt.label)), of(smuggled_recipient(&attempt.label)));
        let allowed = allowed(self.route, attempt);
        let mut breach = |what: &str| {
            let data = String::from_utf8_lossy(&attempt.data);
            let (_, sequence) = data.split_once("\r\n\r\nx").unwrap_or_default();
            self.verdict.breach(format!("{what}: {sequence:?}"));
        };
        if let Some(broken) = &seen.broken {
            return breach(&format!("the server broke off ({broken})"));
        }
        if first + second != seen.accepted {
            breach(&format!("{} accepted, {} arrived", seen.accepted, first + second));
        }
        if second > 0 && !allowed.second {
            breach("a message was smuggled in");
        }
        if allowed.first.is_some_and(|expected| u64::from(expected) != first) {
            breach(&format!("the message arrived {first} times"));
        }
    }

    /// What a message may look like on the wire.
    fn bytes(&mut self, arrival: &Arrival) {
        let flaw = flaw(&arrival.bytes);
        self.verdict.expect(flaw.is_none(), || {
            format!("{} left in {:?}", flaw.unwrap_or_default(), arrival.recipients)
        });
        let ends = lax_ends(&arrival.bytes);
        self.verdict.expect(ends == 1, || {
            format!("a lax server sees {ends} ends in {:?}", String::from_utf8_lossy(&arrival.bytes))
        });
    }

    /// Where nothing is repaired, the body arrives byte for byte.
    fn bodies(&mut self, seen: &[(Attempt, Seen)], arrivals: &[Arrival]) {
        if self.route.line_ends == LineEnds::Repaired {
            return;
        }
        let sent: HashMap<String, &Attempt> =
            seen.iter().map(|(attempt, _)| (recipient(&attempt.label), attempt)).collect();
        for arrival in arrivals {
            let Some(attempt) = addresses(arrival).find_map(|address| sent.get(&address)) else { continue };
            let content = content(self.route.framing, &attempt.data);
            let begin = memchr::memmem::find(&content, b"\r\n\r\n").map_or(0, |end| end + 4);
            let (_, body) = arrival.parts();
            self.verdict.expect(body == content[begin..], || {
                format!(
                    "{:?} arrived as {:?}",
                    String::from_utf8_lossy(&content[begin..]),
                    String::from_utf8_lossy(&body)
                )
            });
        }
    }
}

fn allowed(route: Route, attempt: &Attempt) -> Allowed {
    let bytes = &attempt.data;
    let is_fit = |bytes: &[u8]| match route.line_ends {
        LineEnds::Strict => flaw(bytes).is_none(),
        LineEnds::Repaired => !bytes.contains(&0),
    };
    let end = match route.framing {
        Framing::Orphans => return Allowed { first: Some(false), second: false },
        Framing::Chunks => None,
        Framing::Dots => strict_end(bytes, 0),
    };
    let Some(end) = end else { return Allowed { first: Some(is_fit(bytes)), second: false } };
    let first = is_fit(&bytes[..end.used]);
    // The repair takes CR CR LF for one line end, behind which no end mark stands: the message may then be longer than
    // a strict reader's, and refused for what follows. There is never a second one for that.
    let may_be_longer = route.line_ends == LineEnds::Repaired && !is_fit(bytes);
    let second = first && attempt.messages.iter().any(|begin| *begin >= end.used);
    Allowed { first: (!first || !may_be_longer).then_some(first), second }
}

/// The content of the first message in mail data.
fn content(framing: Framing, data: &[u8]) -> Vec<u8> {
    let end = strict_end(data, 0).filter(|_| framing == Framing::Dots);
    match (framing, end) {
        (Framing::Dots, Some(end)) => crate::reader::without_transparency(&data[..end.content]),
        (Framing::Dots, None) => crate::reader::without_transparency(data),
        _ => data.to_vec(),
    }
}

fn addresses(arrival: &Arrival) -> impl Iterator<Item = String> + '_ {
    arrival.recipients.iter().filter_map(|line| {
        let (_, rest) = line.split_once('<')?;
        Some(rest.split_once('>')?.0.to_owned())
    })
}

fn count(arrivals: &[Arrival]) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for address in arrivals.iter().flat_map(addresses) {
        *counts.entry(address).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smuggling::ROUTES;
    use crate::smuggling::atoms::ATOMS;
    use bench::random::Random;

    /// The number of a sequence of four.
    fn sequence(atoms: [usize; 4]) -> usize {
        atoms.iter().rev().fold(0, |number, atom| number * ATOMS.len() + atom)
    }

    #[test]
    fn a_second_message_needs_an_end_before_it() {
        let check = |route: usize, atoms: [usize; 4], first: Option<bool>, second: bool| {
            let route = ROUTES[route];
            let attempt = Attempt::new(route, sequence(atoms), &mut Random::new(1));
            assert_eq!(allowed(route, &attempt), Allowed { first, second }, "{atoms:?} {}", route.name);
        };
        let (cr, crlf, dot, lf_dot_crlf, nul, text, message) = (0, 2, 3, 7, 9, 10, 11);
        check(0, [crlf, dot, crlf, message], Some(true), true);
        check(0, [text, lf_dot_crlf, message, text], Some(false), false);
        check(1, [text, lf_dot_crlf, message, text], Some(true), false);
        check(1, [cr, crlf, dot, crlf], Some(true), false);
        check(0, [crlf, dot, crlf, nul], Some(true), false);
        check(2, [crlf, dot, crlf, message], Some(true), false);
        check(3, [nul, dot, crlf, message], Some(false), false);
        check(6, [crlf, dot, crlf, message], Some(false), false);
    }
}
