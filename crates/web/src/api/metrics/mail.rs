//! Metrics of mail on its way: what came in, what went out, clients and storage.

use control::Control;
use control::reads::StoreMeters;
use relay::login::{Ban, Banned};
use relay::{EventResult, RelayMeters, SessionCounts};

use super::families::{
    ACCEPT_DURATION, ATTEMPTS, COMMIT_DURATION, CONNECTIONS, DELIVERY_DURATION, DIRECT, EVENTS,
    JOURNAL_BATCH, JOURNAL_SYNC_DURATION, LOGIN_BANS, LOGINS, QUEUED, REFUSALS, SEND_DURATION, SESSIONS,
};
use super::text::{Text, Unit};
use crate::api::Api;

/// Results of logins and connections are written from the start, so that the first of each is seen as an increase.
const LOGIN_RESULTS: [&str; 4] = ["accepted", "wrong", "locked", "unavailable"];
const DIRECT_RESULTS: [&str; 2] = ["accepted", "refused"];

pub(super) fn write(api: &Api, control: &Control, store: &StoreMeters, text: &mut Text) {
    let meters = api.relay.meters();
    write_intake(&meters, control, text);
    write_delivery(&meters, control, text);
    write_clients(api, &meters, text);
    let syncs = store.journal_syncs.read();
    text.begin(&JOURNAL_SYNC_DURATION).distribution([], &syncs, Unit::Microseconds);
    text.begin(&JOURNAL_BATCH).distribution([], &store.journal_batches.read(), Unit::Things);
    text.begin(&COMMIT_DURATION).distribution([], &store.commits.read(), Unit::Microseconds);
}

fn write_intake(meters: &RelayMeters<'_>, control: &Control, text: &mut Text) {
    let mut samples = text.begin(&QUEUED);
    for (kind, counter) in meters.intake.queued.all() {
        let account = control.name_of(kind.account);
        if !account.is_empty() {
            samples.sample([&account, kind.lane, kind.origin], counter.value());
        }
    }
    let mut samples = text.begin(&DIRECT);
    for result in DIRECT_RESULTS {
        samples.sample([result], meters.intake.direct.of(&result, Default::default).value());
    }
    text.begin(&ACCEPT_DURATION).distribution([], &meters.intake.accepting.read(), Unit::Microseconds);
}

fn write_delivery(meters: &RelayMeters<'_>, control: &Control, text: &mut Text) {
    let mut samples = text.begin(&ATTEMPTS);
    for (kind, counter) in meters.delivery.attempts.all() {
        let account = control.name_of(kind.account);
        if !account.is_empty() {
            samples.sample([&account, kind.transport, kind.result], counter.value());
        }
    }
    let mut samples = text.begin(&SEND_DURATION);
    for (transport, histogram) in meters.delivery.requests.all() {
        samples.distribution([transport], &histogram.read(), Unit::Microseconds);
    }
    text.begin(&DELIVERY_DURATION).distribution([], &meters.delivery.waits.read(), Unit::Microseconds);
}

fn write_clients(api: &Api, meters: &RelayMeters<'_>, text: &mut Text) {
    let SessionCounts { open, admitted, turned_away } = meters.sessions;
    text.begin(&SESSIONS).sample([], open);
    let mut samples = text.begin(&CONNECTIONS);
    samples.sample(["admitted"], admitted);
    samples.sample(["turned_away"], turned_away);
    let mut samples = text.begin(&LOGINS);
    for result in LOGIN_RESULTS {
        samples.sample([result], meters.logins.tried.of(&result, Default::default).value());
    }
    let mut samples = text.begin(&EVENTS);
    for result in EventResult::ALL {
        samples.sample([result.as_str()], api.relay().events().of(result));
    }
    write_bans(api, text);
    let mut samples = text.begin(&REFUSALS);
    for (code, count) in api.relay.refusals().counts() {
        samples.sample([&code], count);
    }
}

/// How many are locked. Which are is for `/v1/bans`: a stranger who guesses chooses their names.
fn write_bans(api: &Api, text: &mut Text) {
    let mut samples = text.begin(&LOGIN_BANS);
    let bans = api.relay.logins().bans();
    let kind = |ban: &Ban| match &ban.what {
        Banned::Login(_) => "login",
        Banned::Network(_) => "network",
        Banned::Place(..) => "place",
    };
    for wanted in ["login", "network", "place"] {
        samples.sample([wanted], bans.iter().filter(|ban| kind(ban) == wanted).count());
    }
}
