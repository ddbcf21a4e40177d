//! Finding the recipients for whose sake the Email API refuses a request. Pure.
//!
//! The API answers for all recipients at once, and its errors are not documented. What it does not take for
//! some it may take for others:
//!
//! 1. Recipients that the error names are asked for alone, the others together.
//! 2. Where it names nobody, up to three single recipients show whether it takes the message at all. If it takes
//!    it for none of them, nor for all the others together, then the message is to blame, and all fail at once.
//! 3. Where it takes the message, halves lead to those whom it refuses: one more request for each halving.
//!
//! Only a recipient that was refused alone is blamed. One of fifty costs at most fourteen requests, the
//! refused one included, and never are there more than two for each recipient.

use model::division::{Division, Group, RefusedRecipient};
use model::queued::Recipient;

/// What a refusal says about its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clue {
    /// Recipients that it names, by their place in the group.
    pub(super) named: Vec<usize>,
    /// There are too many of them, and nothing else is wrong.
    pub(super) is_their_number: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The first group is asked for.
    Ask(Division),
    /// All were asked for, and these were refused.
    Done(Vec<RefusedRecipient>),
    /// The message is refused for whomever it is meant.
    Message,
}

/// Single recipients that are asked for to learn whether the message is taken at all.
const PROBES: usize = 3;
/// As many where the others cannot be asked for together, because the header shows none of them.
const MOST_PROBES: usize = 6;

/// After the request for all was refused.
pub(super) fn begin(recipients: &[Recipient], clue: &Clue, words: &str) -> Next {
    refused(Division { groups: vec![group(recipients.to_vec())], ..Division::default() }, clue, words)
}

/// After the request for the first group was refused.
pub(super) fn refused(mut division: Division, clue: &Clue, words: &str) -> Next {
    if division.groups.is_empty() {
        return next(division);
    }
    let recipients = division.groups.remove(0).recipients;
    if let Some(behind) = division.groups.first_mut() {
        // The recipient to blame may be among those that were refused just now.
        behind.is_other_half = false;
    }
    division.is_message_taken |= clue.is_their_number;
    let groups = match &recipients[..] {
        [alone] => {
            division.refused.push(RefusedRecipient { recipient: alone.clone(), words: words.to_owned() });
            if !division.is_message_taken && division.refused.len() >= MOST_PROBES {
                return Next::Message;
            }
            Vec::new()
        }
        _ if names_some(clue, &recipients) => named_apart(recipients, &clue.named),
        _ if division.is_message_taken => halves(recipients),
        _ if division.refused.len() >= PROBES => return Next::Message,
        _ => {
            division.is_probing = true;
            probes(recipients)
        }
    };
    division.groups.splice(0..0, groups);
    next(division)
}

/// After the request for the first group was taken.
pub(super) fn taken(mut division: Division) -> Next {
    if !division.groups.is_empty() {
        division.groups.remove(0);
    }
    division.is_message_taken = true;
    if std::mem::take(&mut division.is_probing) {
        // The other single recipients need not be asked for alone any more.
        let others: Vec<Recipient> =
            division.groups.drain(..).flat_map(|group: Group| group.recipients).collect();
        let one_of_them_is_to_blame = division.refused.is_empty();
        if !others.is_empty() {
            division.groups = vec![Group { recipients: others, is_other_half: one_of_them_is_to_blame }];
        }
    }
    if let Some(first) = division.groups.first_mut()
        && std::mem::take(&mut first.is_other_half)
        && first.recipients.len() > 1
    {
        // All of them together would be refused again.
        let recipients = division.groups.remove(0).recipients;
        division.groups.splice(0..0, halves(recipients));
    }
    next(division)
}

/// Takes the first group apart if nobody in it is shown in the header: no request could name them without
/// showing them to each other.
pub(super) fn apart(mut division: Division, is_hidden: impl Fn(&Recipient) -> bool) -> Division {
    let is_to_be_split =
        |group: &Group| group.recipients.len() > 1 && group.recipients.iter().all(&is_hidden);
    if division.next().is_some_and(is_to_be_split) {
        let recipients = division.groups.remove(0).recipients;
        division.groups.splice(0..0, recipients.into_iter().map(|one| group(vec![one])));
    }
    division
}

fn next(division: Division) -> Next {
    if !division.groups.is_empty() {
        Next::Ask(division)
    } else if division.is_message_taken {
        Next::Done(division.refused)
    } else {
        Next::Message
    }
}

fn names_some(clue: &Clue, recipients: &[Recipient]) -> bool {
    (1..recipients.len()).contains(&clue.named.len())
}

/// The others first: if they are taken, the message is in order.
fn named_apart(recipients: Vec<Recipient>, named: &[usize]) -> Vec<Group> {
    let (mut others, mut groups) = (Vec::new(), Vec::new());
    for (place, recipient) in recipients.into_iter().enumerate() {
        if named.contains(&place) {
            groups.push(group(vec![recipient]));
        } else {
            others.push(recipient);
        }
    }
    groups.insert(0, group(others));
    groups
}

fn halves(mut recipients: Vec<Recipient>) -> Vec<Group> {
    let second = recipients.split_off(recipients.len().div_ceil(2));
    vec![group(recipients), Group { recipients: second, is_other_half: true }]
}

/// The first, the last and the middle one alone, then the others together.
fn probes(mut recipients: Vec<Recipient>) -> Vec<Group> {
    let mut groups = vec![group(vec![recipients.remove(0)])];
    groups.extend(recipients.pop().map(|last| group(vec![last])));
    if !recipients.is_empty() {
        groups.push(group(vec![recipients.remove(recipients.len() / 2)]));
    }
    if !recipients.is_empty() {
        groups.push(group(recipients));
    }
    groups
}

fn group(recipients: Vec<Recipient>) -> Group {
    Group { recipients, is_other_half: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recipients(count: usize) -> Vec<Recipient> {
        let one = |number| Recipient {
            mailbox: format!("r{number}@example.com").parse().unwrap(),
            notify: None,
            original: None,
        };
        (0..count).map(one).collect()
    }

    fn number(recipient: &Recipient) -> usize {
        recipient.mailbox.local_part().as_str()[1..].parse().unwrap()
    }

    /// An Azure that refuses a request with any of `guilty` in it.
    struct Azure<'a> {
        guilty: &'a [usize],
        names: bool,
        takes_message: bool,
    }

    #[derive(Debug, PartialEq)]
    struct End {
        taken: Vec<usize>,
        blamed: Vec<usize>,
        requests: usize,
        is_the_message: bool,
    }

    fn search(count: usize, azure: &Azure<'_>) -> End {
        let clue = |group: &[Recipient]| Clue {
            named: match azure.names {
                true => {
                    (0..group.len()).filter(|place| azure.guilty.contains(&number(&group[*place]))).collect()
                }
                false => Vec::new(),
            },
            is_their_number: false,
        };
        let all = recipients(count);
        let mut end = End { taken: Vec::new(), blamed: Vec::new(), requests: 1, is_the_message: false };
        let mut step = begin(&all, &clue(&all), "no");
        loop {
            let division = match step {
                Next::Ask(division) => division,
                Next::Done(refused) => {
                    end.blamed = refused.iter().map(|one| number(&one.recipient)).collect();
                    end.blamed.sort_unstable();
                    end.taken.sort_unstable();
                    return end;
                }
                Next::Message => {
                    end.is_the_message = true;
                    return end;
                }
            };
            let mut left: Vec<usize> = division.left().iter().map(number).chain(end.taken.clone()).collect();
            left.sort_unstable();
            assert_eq!(left, (0..count).collect::<Vec<_>>(), "nobody is lost and nobody is there twice");
            let group = division.next().unwrap().recipients.clone();
            end.requests += 1;
            let is_refused =
                !azure.takes_message || group.iter().any(|one| azure.guilty.contains(&number(one)));
            step = if is_refused {
                refused(division, &clue(&group), "no")
            } else {
                end.taken.extend(group.iter().map(number));
                taken(division)
            };
        }
    }

    #[test]
    fn one_of_many_is_found_with_few_requests() {
        for (count, names, most) in
            [(2, false, 4), (5, false, 6), (50, false, 14), (50, true, 3), (2, true, 3)]
        {
            for guilty in 0..count {
                let end = search(count, &Azure { guilty: &[guilty], names, takes_message: true });
                assert_eq!(end.blamed, [guilty]);
                assert_eq!(end.taken.len(), count - 1, "{end:?}");
                assert!(end.requests <= most, "{count} {guilty} {end:?}");
            }
        }
    }

    #[test]
    fn a_message_that_is_taken_for_nobody_fails_once_and_soon() {
        for (count, most) in [(2, 3), (3, 4), (5, 5), (50, 5)] {
            let end = search(count, &Azure { guilty: &[], names: false, takes_message: false });
            assert!(end.is_the_message && end.taken.is_empty(), "{end:?}");
            assert!(end.requests <= most, "{count} {end:?}");
        }
    }

    #[test]
    fn two_in_different_halves_do_not_take_the_others_with_them() {
        let end = search(50, &Azure { guilty: &[0, 49], names: false, takes_message: true });
        assert_eq!((end.blamed, end.taken.len()), (vec![0, 49], 48));
    }

    #[test]
    fn too_many_recipients_are_halved_and_nobody_is_blamed() {
        let clue = Clue { is_their_number: true, ..Clue::default() };
        let Next::Ask(division) = begin(&recipients(5), &clue, "TooManyRecipients") else { panic!() };
        assert_eq!(division.groups.iter().map(|group| group.recipients.len()).collect::<Vec<_>>(), [3, 2]);
        assert!(division.is_message_taken && division.refused.is_empty());
    }

    #[test]
    fn those_who_are_hidden_are_asked_for_one_by_one() {
        let division = Division { groups: halves(recipients(6)), ..Division::default() };
        let sizes = |division: Division| -> Vec<usize> {
            division.groups.iter().map(|group| group.recipients.len()).collect()
        };
        assert_eq!(sizes(apart(division.clone(), |one| number(one) < 3)), [1, 1, 1, 3]);
        assert_eq!(sizes(apart(division, |one| number(one) < 2)), [3, 3]);

        let everybody = recipients(50);
        let (mut requests, mut step) = (1, begin(&everybody, &Clue::default(), "no"));
        while let Next::Ask(division) = step {
            requests += 1;
            step = refused(apart(division, |one| number(one) > 0), &Clue::default(), "no");
        }
        assert_eq!((step, requests), (Next::Message, 7), "the message, and not fifty requests");
    }

    proptest! {
        #[test]
        fn whom_azure_takes_alone_is_reached(
            count in 2_usize..51,
            guilty in prop::collection::vec(0_usize..50, 0..6),
            names: bool,
        ) {
            let mut guilty: Vec<usize> = guilty.into_iter().filter(|one| *one < count).collect();
            guilty.sort_unstable();
            guilty.dedup();
            prop_assume!(!guilty.is_empty());
            let end = search(count, &Azure { guilty: &guilty, names, takes_message: true });
            prop_assert!(end.requests <= 2 * count, "{:?}", end);
            // Three that are far apart, and somebody among the others as well, look like the message.
            if !end.is_the_message {
                prop_assert_eq!(end.taken.len(), count - guilty.len());
                prop_assert_eq!(end.blamed, guilty);
            } else {
                prop_assert!(guilty.len() >= PROBES.min(count));
            }
        }
    }
}
