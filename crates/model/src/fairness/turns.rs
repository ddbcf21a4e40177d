//! Whose turn it is within a lane: fair queueing by start numbers (P. Goyal, H. Vin, H. Cheng: "Start-time fair
//! queueing", 1996), with messages instead of bytes.
//!
//! A message gets a number when it may first be sent, and the lowest number leaves first. The messages of one sender
//! have numbers of their own, one after another; a sender who had nothing waiting begins with the number that is
//! leaving now. So each sender with mail gets one turn a round, however much any of them has.

use std::collections::HashMap;

use crate::credential::Lane;
use crate::id::AccountId;

/// The mail of one sender in one lane of an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// The account that has the lane.
    pub account: AccountId,
    pub lane: Lane,
    /// The author's address.
    pub sender: String,
}

/// The numbers of the mail of all accounts.
#[derive(Debug, Default)]
pub struct Turns {
    /// The highest number that has left, of each lane.
    leaving: HashMap<(AccountId, Lane), i64>,
    flows: HashMap<Flow, NextNumber>,
    /// Flows at which those are looked for that need not be remembered.
    prune_at: usize,
}

/// A flow's next number.
#[derive(Clone, Copy, Debug)]
struct NextNumber {
    turn: i64,
    /// What a process that begins anew takes for it.
    kept: Option<i64>,
}

/// A flow so far ahead of its lane is remembered beyond a restart, and so many numbers at a time: a process that
/// begins anew lets newer mail of a sender pass at most so much of its older mail.
const AHEAD: i64 = 64;
/// Fewer flows are not worth a look.
const FEW: usize = 1_024;

impl Turns {
    /// The numbers of an earlier process: what waits in a lane, from its lowest number on, and what was kept.
    pub fn restore(&mut self, account: AccountId, lane: Lane, lowest: i64) {
        self.leaving.insert((account, lane), lowest);
    }

    /// A number that was kept by an earlier process.
    pub fn restore_flow(&mut self, flow: Flow, kept: i64) {
        self.flows.insert(flow, NextNumber { turn: kept, kept: Some(kept) });
    }

    /// The number of a flow's next message, and what has to be kept of it now, if anything.
    pub fn take(&mut self, flow: Flow) -> (i64, Option<i64>) {
        let leaving = self.leaving.get(&(flow.account, flow.lane)).copied().unwrap_or_default();
        let next = self.flows.entry(flow).or_insert(NextNumber { turn: leaving, kept: None });
        let turn = next.turn.max(leaving);
        next.turn = turn + 1;
        let is_ahead = turn - leaving >= AHEAD && next.kept.is_none_or(|kept| kept < next.turn);
        if is_ahead {
            next.kept = Some(next.turn + AHEAD);
        }
        (turn, next.kept.filter(|_| is_ahead))
    }

    /// A message with this number leaves.
    pub fn leave(&mut self, account: AccountId, lane: Lane, turn: i64) {
        let leaving = self.leaving.entry((account, lane)).or_default();
        *leaving = turn.max(*leaving);
    }

    /// Forgets flows that have nothing waiting, once there are many; gives those of which something was kept.
    pub fn prune(&mut self) -> Vec<Flow> {
        if self.flows.len() < self.prune_at.max(FEW) {
            return Vec::new();
        }
        let leaving = &self.leaving;
        let is_over = |flow: &Flow, next: &mut NextNumber| {
            leaving.get(&(flow.account, flow.lane)).is_some_and(|leaving| next.turn <= *leaving)
        };
        let over: Vec<(Flow, NextNumber)> = self.flows.extract_if(is_over).collect();
        self.prune_at = self.flows.len() * 2;
        over.into_iter().filter_map(|(flow, next)| next.kept.map(|_| flow)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

    fn flow(sender: &str) -> Flow {
        Flow { account: ACCOUNT, lane: Lane::Normal, sender: sender.to_owned() }
    }

    /// Sends waiting messages in the order of their turns, `count` of them; gives whose they were.
    fn leave(turns: &mut Turns, waiting: &mut Vec<(i64, usize, &'static str)>, count: usize) -> String {
        waiting.sort_unstable();
        let gone: Vec<_> = waiting.drain(..count.min(waiting.len())).collect();
        gone.iter().for_each(|(turn, ..)| turns.leave(ACCOUNT, Lane::Normal, *turn));
        gone.iter().map(|(.., sender)| *sender).collect()
    }

    fn add(turns: &mut Turns, waiting: &mut Vec<(i64, usize, &'static str)>, sender: &'static str) {
        let arrival = waiting.iter().map(|(_, arrival, _)| arrival + 1).max().unwrap_or_default();
        waiting.push((turns.take(flow(sender)).0, arrival, sender));
    }

    #[test]
    fn a_sender_with_one_message_waits_for_one_message_of_each_other() {
        let (mut turns, mut waiting) = (Turns::default(), Vec::new());
        (0..1_000).for_each(|_| add(&mut turns, &mut waiting, "a"));
        assert_eq!(leave(&mut turns, &mut waiting, 10), "aaaaaaaaaa");
        add(&mut turns, &mut waiting, "b");
        (0..3).for_each(|_| add(&mut turns, &mut waiting, "c"));
        assert_eq!(leave(&mut turns, &mut waiting, 8), "bcacacaa");
        // Who was away has saved nothing up, and owes nothing.
        (0..2).for_each(|_| add(&mut turns, &mut waiting, "b"));
        assert_eq!(leave(&mut turns, &mut waiting, 5), "babaa");
    }

    #[test]
    fn a_process_that_begins_anew_keeps_the_order_of_a_long_flow() {
        let (mut turns, mut kept) = (Turns::default(), None);
        let last = (0..500).map(|_| turns.take(flow("a"))).fold(0, |_, (turn, keep)| {
            kept = keep.or(kept);
            turn
        });
        let kept = kept.unwrap();
        assert!((last + 1..=last + 1 + AHEAD).contains(&kept), "{kept} after {last}");
        let mut anew = Turns::default();
        anew.restore(ACCOUNT, Lane::Normal, 7);
        anew.restore_flow(flow("a"), kept);
        assert_eq!(anew.take(flow("a")).0, kept);
        assert_eq!(anew.take(flow("b")).0, 7);
    }

    #[test]
    fn a_short_flow_costs_nothing_that_is_kept_and_is_forgotten() {
        let mut turns = Turns::default();
        for number in 0..3_000 {
            let (turn, kept) = turns.take(flow(&number.to_string()));
            assert_eq!(kept, None);
            turns.leave(ACCOUNT, Lane::Normal, turn + 1);
            assert!(turns.prune().is_empty());
        }
        assert!(turns.flows.len() <= FEW, "{} flows", turns.flows.len());
    }
}
