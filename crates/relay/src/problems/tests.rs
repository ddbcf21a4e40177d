//! The table: what is observed, and what is said of it.

use jiff::SignedDuration;
use model::account::AccountState;
use model::delivery::Reason;
use model::id::AccountId;
use model::infrastructure::{RecordedStep, StepState};
use model::rate_limit::LoweredWindow;
use model::refused::Refused;
use model::webhook::WebhookState;
use store::{Disk, Hindered, Suppressed, WebhookStanding};

use model::credential::Lane;

use super::*;
use crate::deliver::Foretold;

fn at(seconds: i64) -> Timestamp {
    // 08:00:00 UTC.
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn account() -> ObservedAccount {
    ObservedAccount {
        name: "contoso".into(),
        service: Some("contoso-mail".into()),
        state: AccountState::Enabled,
        changed_at: at(-86_400),
        secret: Some(store::SecretName::ClientSecret),
        secret_expires_at: None,
        waiting: 3,
        waiting_since: Some(at(-30)),
        accepted_at: None,
        started_at: at(-86_400),
        empty_at: None,
        sends: LimitView::default(),
        streak: None,
        not_ready: None,
        hindered: Vec::new(),
        suppressed: None,
        awaiting: Vec::new(),
    }
}

fn of(account: ObservedAccount) -> Vec<Problem> {
    problems(&Observed { accounts: vec![account], ..Observed::default() }, at(0))
}

fn one(account: ObservedAccount) -> Problem {
    let found = of(account);
    let [one] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(one.account.as_deref(), Some("contoso"));
    one.clone()
}

/// The code, and pieces that the sentences have to hold.
fn check(problem: &Problem, code: Code, pieces: &[&str]) {
    assert_eq!(problem.code, code, "{problem:#?}");
    let text = format!("{} {}", problem.message, problem.action);
    for piece in pieces {
        assert!(text.contains(piece), "{piece:?} is not in {text:?}");
    }
    assert!(problem.message.ends_with('.'), "{text}");
}

fn streak(kind: StreakKind, text: &str) -> Option<Streak> {
    let (since, last_at, next_at) = (at(-60), at(-1), Some(at(30)));
    Some(Streak { kind, since, last_at, count: 3, text: text.into(), next_at })
}

fn full(seconds: u32, limit: u32, until: Option<Timestamp>) -> LimitView {
    let full = FullWindow { seconds, limit, since: at(-5), until };
    LimitView { full: Some(full), ..LimitView::default() }
}

fn pause(until: i64, asked_until: i64) -> LimitView {
    let pause = AskedFor { since: at(-10), until: at(until), asked_until: at(asked_until) };
    LimitView { pause: Some(pause), ..LimitView::default() }
}

#[test]
fn nothing_is_wrong_with_an_account_that_works() {
    assert_eq!(of(account()), []);
    let idle = || ObservedAccount { waiting: 0, ..account() };
    assert_eq!(of(ObservedAccount { sends: full(60, 30, Some(at(9))), ..idle() }), [], "nobody waits for it");
    assert_eq!(of(ObservedAccount { sends: pause(-1, -1), ..idle() }), [], "the pause is over");
    assert_eq!(of(ObservedAccount { streak: streak(StreakKind::Azure, "503"), ..idle() }), []);
    assert_eq!(of(ObservedAccount { state: AccountState::Disabled, ..idle() }), [], "that is its state");
    let end = Some(at(15 * 86_400));
    assert_eq!(of(ObservedAccount { secret_expires_at: end, ..account() }), []);
}

#[test]
fn mail_that_waits_without_a_reason_is_stuck() {
    let since = |seconds| Some(at(seconds));
    let old = || ObservedAccount { waiting_since: since(-7_200), ..account() };
    for (waiting_since, accepted_at, is_stuck) in [
        (since(-899), None, false),
        (since(-900), None, true),
        (since(-7_200), since(-899), false),
        (since(-7_200), since(-900), true),
        (since(3_600), since(-7_200), false),
    ] {
        let found = of(ObservedAccount { waiting_since, accepted_at, ..account() });
        let stuck = found.iter().any(|one| one.code == Code::QueueStuck);
        assert_eq!(
            (stuck, found.len()),
            (is_stuck, usize::from(is_stuck)),
            "{waiting_since:?} {accepted_at:?}"
        );
    }
    let stuck = one(ObservedAccount { accepted_at: since(-3_600), ..old() });
    let pieces = [
        "since 07:00:00 UTC, and nothing",
        "3 messages wait, the oldest since 06:00:00 UTC",
        "message show ID",
    ];
    check(&stuck, Code::QueueStuck, &pieces);
    assert_eq!((stuck.since, stuck.alarm_at), (at(-3_600), since(900)));
    assert_eq!(of(ObservedAccount { waiting: 0, ..old() }), [], "nothing waits");
    let streak = streak(StreakKind::Unreachable, "refused");
    assert_eq!(one(ObservedAccount { streak, ..old() }).code, Code::AzureUnreachable, "that explains it");
    let ends_soon = ObservedAccount { secret_expires_at: since(86_400), ..old() };
    let codes: Vec<Code> = of(ends_soon).iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::QueueStuck, Code::SecretExpires], "that does not");
}

#[test]
fn an_account_that_sends_is_ready_whatever_was_found_before() {
    let not_ready = Some(NotReady { at: at(-600), worst: "no token".into() });
    let found = |accepted_at| of(ObservedAccount { not_ready: not_ready.clone(), accepted_at, ..account() });
    assert_eq!(found(Some(at(-601)))[0].code, Code::AccountNotReady);
    assert_eq!(found(Some(at(-599))), []);
}

#[test]
fn a_disk_that_fills_up_is_named_before_it_is_full() {
    let disk = |free_bytes, size_bytes| Disk {
        path: "/data".into(),
        free_bytes,
        reserve_bytes: 64 << 20,
        size_bytes,
    };
    let found = |disk| problems(&Observed { disk: Some(disk), ..Observed::default() }, at(0));
    assert_eq!(found(disk(1 << 30, 10 << 30)), []);
    let low = found(disk((1 << 30) - 1, 10 << 30));
    check(
        &low[0],
        Code::DiskLow,
        &["/data has 1023 MiB of 10.0 GiB free", "less than 64 MiB", "df -h /data"],
    );
    assert_eq!((low.len(), low[0].alarm_at), (1, Some(at(0))));
    assert_eq!(found(disk(10 << 30, 1_000 << 30)), [], "10 GiB are enough");
    assert_eq!(found(disk(1 << 20, 10 << 30))[0].code, Code::DiskFull);
}

#[test]
fn a_quota_that_is_used_up_says_until_when() {
    let minute = one(ObservedAccount { sends: full(60, 30, Some(at(61))), ..account() });
    check(&minute, Code::QuotaUsedUp, &["30 sends in a minute", "leaves at 08:01:01 UTC", "3 messages wait"]);
    let emptied = ObservedAccount { empty_at: Some(at(3_700)), ..account() };
    let minute_to_empty = one(ObservedAccount { sends: full(60, 30, Some(at(61))), ..emptied });
    check(&minute_to_empty, Code::QuotaUsedUp, &["The queue is empty at 09:01:40 UTC."]);
    assert_eq!((minute.since, minute.alarm_at, minute.code.severity()), (at(-5), None, Severity::Notice));
    let hour = one(ObservedAccount { sends: full(3_600, 100, Some(at(90))), waiting: 1, ..account() });
    check(&hour, Code::QuotaUsedUp, &["100 sends in an hour", "1 message waits", "--quota MINUTE/HOUR"]);
    check(
        &one(ObservedAccount { sends: full(60, 0, None), ..account() }),
        Code::QuotaUsedUp,
        &["no sends at all"],
    );
}

#[test]
fn a_quota_that_was_lowered_says_to_what_and_until_when() {
    let lowered =
        LoweredWindow { seconds: 3_600, limit: 63, configured: 100, since: at(-60), until: at(7_200) };
    let sends = |lowered| LimitView { lowered: Some(lowered), ..LimitView::default() };
    let found = one(ObservedAccount { sends: sends(lowered), ..account() });
    let pieces = ["the configured 100 sends in an hour", "at most 63 for now", "all again from 10:00:00 UTC"];
    check(&found, Code::QuotaLowered, &pieces);
    assert_eq!((found.code.severity(), found.alarm_at), (Severity::Notice, None));
    let idle = ObservedAccount { sends: sends(lowered), waiting: 0, ..account() };
    assert_eq!(of(idle), [], "nothing waits for it");
    assert_eq!(
        of(ObservedAccount { sends: sends(LoweredWindow { until: at(0), ..lowered }), ..account() }),
        []
    );
}

#[test]
fn a_pause_is_azures_word_and_an_hour_at_most() {
    let short = one(ObservedAccount { sends: pause(120, 120), ..account() });
    let pieces = ["429", "a pause until 08:02:00 UTC", "nothing is sent before then", "3 messages wait"];
    check(&short, Code::AzureRateLimited, &pieces);
    assert_eq!(short.alarm_at, None);
    let long = one(ObservedAccount { sends: pause(3_590, 86_390), ..account() });
    let pieces =
        ["until 2027-01-16 07:59 UTC", "nothing is sent before 08:59:50 UTC, when one message is tried"];
    check(&long, Code::AzureRateLimited, &pieces);
    assert_eq!(long.alarm_at, Some(at(-10)));
    check(
        &one(ObservedAccount { sends: pause(-1, -1), ..account() }),
        Code::AzureRateLimited,
        &["one message is tried"],
    );
    let both = LimitView { full: full(60, 30, Some(at(9))).full, ..pause(120, 120) };
    assert_eq!(one(ObservedAccount { sends: both, ..account() }).code, Code::AzureRateLimited);
}

#[test]
fn tries_that_fail_name_who_fails() {
    for (kind, code, severity) in [
        (StreakKind::Login, Code::LoginRefused, Severity::Critical),
        (StreakKind::Unreachable, Code::AzureUnreachable, Severity::Warning),
        (StreakKind::Azure, Code::AzureFailing, Severity::Warning),
        (StreakKind::Unusable, Code::AccountUnusable, Severity::Critical),
    ] {
        let found = one(ObservedAccount { streak: streak(kind, "it said\r\nno."), ..account() });
        check(
            &found,
            code,
            &["since 07:59:00 UTC", "(it said no)", "3 messages wait. The next attempt is at 08:00:30"].map(
                |piece| if kind == StreakKind::Unusable { piece.trim_matches(['(', ')']) } else { piece },
            ),
        );
        assert_eq!(code.severity(), severity);
        assert!(!found.message.contains(char::is_control));
    }
    let unreachable = one(ObservedAccount { streak: streak(StreakKind::Unreachable, "x"), ..account() });
    check(&unreachable, Code::AzureUnreachable, &["the last 3 attempts failed"]);
    assert_eq!(unreachable.alarm_at, Some(at(840)));
}

#[test]
fn a_secret_is_named_before_its_end_and_after_it() {
    let with = |seconds| ObservedAccount { secret_expires_at: Some(at(seconds)), ..account() };
    let soon = one(with(13 * 86_400 + 60));
    check(&soon, Code::SecretExpires, &["expires in 13 days", "postern account rotate contoso"]);
    let over = with(-5);
    let expired = one(over.clone());
    check(&expired, Code::SecretExpired, &["expired on 2027-01-15", "postern account edit contoso --secret"]);
    assert_eq!(expired.since, at(-5));
    // What follows from it is not named beside it.
    let not_ready = Some(NotReady { at: at(-9), worst: "The secret has expired.".into() });
    assert_eq!(of(ObservedAccount { not_ready: not_ready.clone(), ..over }).len(), 1);
    let pieces = ["verification at 07:59:51 UTC found: The secret has expired."];
    check(&one(ObservedAccount { not_ready, ..account() }), Code::AccountNotReady, &pieces);
}

#[test]
fn a_disabled_account_is_one_only_while_mail_waits() {
    let found = one(ObservedAccount { state: AccountState::Disabled, ..account() });
    check(&found, Code::AccountDisabled, &["3 messages wait", "postern account enable contoso"]);
}

#[test]
fn senders_that_azure_refuses_are_named_by_domain_or_by_address() {
    let hindered = |author: &str, reason, since| Hindered {
        account: AccountId::from_bytes([1; 16]),
        author: author.into(),
        reason,
        count: 2,
        since: at(since),
    };
    let found = of(ObservedAccount {
        hindered: vec![
            hindered("a@Contoso.example", Reason::DomainNotLinked, -20),
            hindered("b@contoso.example", Reason::DomainNotLinked, -40),
            hindered("c@fabrikam.example", Reason::SenderUnknown, -20),
        ],
        ..account()
    });
    let [unlinked, unknown] = &found[..] else { panic!("{found:#?}") };
    let pieces =
        ["mail from contoso.example", "contoso-mail", "4 messages wait since 07:59:20", "domain doctor"];
    check(unlinked, Code::DomainNotLinked, &pieces);
    assert_eq!((unlinked.subject.as_deref(), unlinked.alarm_at), (Some("contoso.example"), Some(at(-40))));
    check(unknown, Code::SenderUnknown, &["c@fabrikam.example", "postern sender add c@fabrikam.example"]);
}

#[test]
fn suppressed_recipients_are_counted() {
    let suppressed = Some(Suppressed { account: AccountId::from_bytes([1; 16]), count: 2, since: at(-60) });
    let found = one(ObservedAccount { suppressed, waiting: 0, ..account() });
    check(
        &found,
        Code::RecipientsSuppressed,
        &["dropped 2 messages", "queue list --state failed --account contoso"],
    );
}

#[test]
fn what_awaits_approval_is_a_warning_with_both_commands() {
    let step = |seconds, problem: Option<&str>| RecordedStep {
        key: "dns/contoso.example".into(),
        state: StepState::AwaitingApproval,
        problem: problem.map(str::to_owned),
        tries: 1,
        at: at(seconds),
    };
    let why = "awaiting approval: TXT contoso.example, which others wrote, would change";
    let awaiting = vec![step(-60, Some(why)), step(-90, None)];
    let found = one(ObservedAccount { awaiting, waiting: 0, ..account() });
    let pieces = [
        "2 steps awaiting approval since 07:58:30 UTC: TXT contoso.example, which others wrote, would change.",
        "`postern plan --account contoso`",
        "`postern apply --account contoso --plan ID`",
    ];
    check(&found, Code::AwaitingApproval, &pieces);
    assert_eq!((found.since, found.alarm_at, found.code.severity()), (at(-90), None, Severity::Warning));
    let one_step = one(ObservedAccount { awaiting: vec![step(-60, None)], ..account() });
    check(&one_step, Code::AwaitingApproval, &["1 step awaiting approval", "dns/contoso.example"]);
    let disabled =
        ObservedAccount { awaiting: vec![step(0, None)], state: AccountState::Disabled, ..account() };
    assert_eq!(of(ObservedAccount { waiting: 0, ..disabled }), [], "a disabled account is not provisioned");
}

#[test]
fn a_disk_below_its_reserve_and_one_that_fails_are_the_servers() {
    let disk = |free_bytes| {
        Some(Disk {
            path: "/var/lib/postern".into(),
            free_bytes,
            reserve_bytes: 64 << 20,
            size_bytes: 100 << 20,
        })
    };
    assert_eq!(problems(&Observed { disk: disk(64 << 20), ..Observed::default() }, at(0)), []);
    let failed = |kind, second| StorageFailure {
        kind,
        since: at(second),
        last_at: at(-1),
        text: "the database failed".into(),
    };
    let observed = Observed {
        disk: disk(12 << 20),
        storage: vec![failed(StorageKind::Database, -9), failed(StorageKind::LargeFile, -5)],
        accounts: vec![account()],
        ..Observed::default()
    };
    let found = problems(&observed, at(0));
    let [full, failing, large] = &found[..] else { panic!("{found:#?}") };
    check(full, Code::DiskFull, &["/var/lib/postern has 12 MiB free", "64 MiB", "refused with 452"]);
    let pieces = [
        "could not write its database, /var/lib/postern/postern.db, at 07:59:59 UTC: the database failed",
        "`ls -ld /var/lib/postern/postern.db`",
    ];
    check(failing, Code::StorageFailing, &pieces);
    let pieces = [
        "the file of a large message, /var/lib/postern/large,",
        "larger than 256 KiB are refused",
        "`ls -ld /var/lib/postern/large`",
    ];
    check(large, Code::StorageFailing, &pieces);
    assert_eq!((full.alarm_at, failing.alarm_at), (Some(at(0)), Some(at(-9))));
    assert_eq!((large.since, large.subject.as_deref()), (at(-5), Some("large messages")));
}

#[test]
fn the_worst_comes_first() {
    let bad = ObservedAccount {
        suppressed: Some(Suppressed { account: AccountId::from_bytes([1; 16]), count: 1, since: at(0) }),
        streak: streak(StreakKind::Azure, "503"),
        secret_expires_at: Some(at(-1)),
        ..account()
    };
    let codes: Vec<&str> = of(bad).iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["secret_expired", "azure_failing", "recipients_suppressed"]);
}

#[test]
fn a_waiting_message_says_why_and_until_when() {
    let due =
        Waiting { due_at: at(-30), tries: 0, deferred: None, reason: None, send_at: None, foretold: None };
    let later = Waiting { due_at: at(45), tries: 1, deferred: Some("by REST: 404"), ..due };
    let limited = Waiting { deferred: Some("by REST: 429"), reason: Some(Reason::Rate), ..later };
    let foretold = Foretold {
        lane: Lane::Bulk,
        before: 42,
        not_before: at(0),
        leaves_at: Some(at(999)),
        deadline: None,
    };
    let behind = Waiting { foretold: Some(foretold), ..due };
    let disabled = || ObservedAccount { state: AccountState::Disabled, ..account() };
    for (account, send, code, until, piece) in [
        (account(), due, "next", Some(0), "in its turn"),
        (account(), later, "put_off", Some(45), "attempt 1 failed (by REST: 404)"),
        (account(), behind, "next", Some(999), "turn; 42 messages of lane bulk leave before it"),
        (
            ObservedAccount { sends: full(60, 30, Some(at(61))), ..account() },
            behind,
            "quota_used_up",
            Some(999),
            "in a minute, until 08:01:01 UTC; 42 messages",
        ),
        (
            ObservedAccount { sends: pause(60, 60), ..account() },
            behind,
            "azure_rate_limited",
            Some(999),
            "42",
        ),
        (disabled(), behind, "account_disabled", None, "postern account enable contoso"),
        (disabled(), due, "account_disabled", None, "postern account enable contoso"),
        (
            ObservedAccount { sends: full(60, 30, Some(at(61))), ..account() },
            due,
            "quota_used_up",
            Some(61),
            "30 sends in a minute",
        ),
        (
            ObservedAccount { sends: full(60, 30, Some(at(61))), ..account() },
            later,
            "put_off",
            Some(45),
            "404",
        ),
        (
            ObservedAccount { sends: pause(60, 90), ..account() },
            later,
            "azure_rate_limited",
            Some(60),
            "until 08:01:30",
        ),
        (ObservedAccount { sends: pause(9, 9), ..account() }, later, "put_off", Some(45), "404"),
        (ObservedAccount { sends: pause(9, 9), ..account() }, limited, "azure_rate_limited", Some(45), "429"),
        (
            ObservedAccount { streak: streak(StreakKind::Login, "AADSTS7000222"), ..account() },
            due,
            "login_refused",
            Some(30),
            "AADSTS7000222",
        ),
        (
            ObservedAccount { streak: streak(StreakKind::Unreachable, "refused"), ..account() },
            later,
            "azure_unreachable",
            Some(45),
            "all mail of account contoso waits",
        ),
    ] {
        let wait = why_it_waits(&account, send, at(0));
        assert_eq!((wait.code, wait.until), (code, until.map(at)), "{wait:?}");
        assert!(wait.message.contains(piece), "{wait:?}");
    }
}

#[test]
fn seconds_of_a_quota_are_not_hidden_by_a_day() {
    let tomorrow = at(0) + SignedDuration::from_hours(20);
    let found = one(ObservedAccount { sends: full(3_600, 100, Some(tomorrow)), ..account() });
    check(&found, Code::QuotaUsedUp, &["leaves at 2027-01-16 04:00 UTC"]);
}

#[test]
fn locked_logins_and_refused_devices_are_named_and_strangers_are_not() {
    let locked = |login: Option<&str>, network: Option<&str>| Locked {
        login: login.map(str::to_owned),
        network: network.map(str::to_owned),
        since: at(-60),
        until: at(540),
        guesses: 10,
    };
    let refused = |peer: &str, credential: Option<&str>, login: Option<&str>, code: &str| Refused {
        at: at(-1),
        since: at(-9),
        count: 2,
        peer: peer.parse().unwrap(),
        login: login.map(str::to_owned),
        credential: credential.map(str::to_owned),
        sender: None,
        reply: format!("{code} a\u{1b}[0m"),
        code: code.into(),
        reason: Some("why".into()),
        message_id: None,
        tls: None,
    };
    let old = Refused { at: at(-3_600), ..refused("10.0.0.9", None, None, "550 5.7.1") };
    let clients = Clients {
        refused: vec![
            refused("203.0.113.7", Some("Scanner1"), None, "550 5.1.8"),
            refused("203.0.113.8", Some("Scanner1"), None, "550 5.1.8"),
            refused("203.0.113.9", None, Some("printer"), "535 5.7.3"),
            refused("10.0.0.7", None, None, "no TLS"),
            refused("203.0.113.9", None, Some("root"), "535 5.7.3"),
            refused("198.51.100.7", None, None, "no TLS"),
            Refused { since: at(-900), ..refused("198.51.100.8", None, None, "no TLS") },
            refused("192.0.2.7", None, None, "no TLS"),
            old,
        ],
        locked: vec![
            locked(Some("printer"), None),
            locked(Some("scanner1"), Some("10.1.2.3")),
            locked(Some("root"), None),
            locked(None, Some("203.0.113.0/24")),
        ],
        logins: vec!["printer".into(), "scanner1".into()],
        ours: ["198.51.100.7", "198.51.100.8"].map(|address| address.parse().unwrap()).into(),
    };
    let found = problems(&Observed { clients, ..Observed::default() }, at(0));
    let subjects: Vec<&str> = found.iter().map(|problem| problem.subject.as_deref().unwrap()).collect();
    let locks = ["printer", "scanner1", "203.0.113.0/24"];
    let refusals = ["10.0.0.7 no TLS", "198.51.100.0 no TLS", "Scanner1 550 5.1.8", "printer 535 5.7.3"];
    assert_eq!((&subjects[..3], &subjects[3..]), (&locks[..], &refusals[..]));
    let pieces = ["login printer is locked until 08:09:00 UTC after 10", "postern credential unlock printer"];
    check(&found[0], Code::LoginLocked, &pieces);
    let pieces = ["login scanner1 at 10.1.2.3 is locked", "no device there can log in with it"];
    check(&found[1], Code::LoginLocked, &pieces);
    let pieces = ["network 203.0.113.0/24", "only logins that worked from there", "postern bans"];
    check(&found[2], Code::NetworkLocked, &pieces);
    check(
        &found[3],
        Code::ClientRefused,
        &["The client at 10.0.0.7 was refused 2 times, last at 07:59:59 UTC: no TLS a", "see devices.md"],
    );
    assert_eq!(found[4].since, at(-900), "the first of a network's");
    check(&found[4], Code::ClientRefused, &["The client at 198.51.100.7 was refused 4 times"]);
    let pieces = [
        "Login Scanner1 (203.0.113.7) was refused 4 times",
        "\\u{1b}[0m (why)",
        "postern sender add",
        "--credential Scanner1",
    ];
    check(&found[5], Code::ClientRefused, &pieces);
    assert_eq!(found[5].code.severity(), Severity::Notice);
}

#[test]
fn a_web_hook_that_fails_is_named_and_so_is_what_was_given_up() {
    let standing = |tries, dead_letters| WebhookStanding {
        delivered_at: Some(at(-900)),
        tries,
        failing_since: (tries > 0).then(|| at(-60)),
        next_at: Some(at(30)),
        problem: Some("it answered 503".into()),
        waits_since: None,
        dead_letters,
    };
    let of = |state, standing| {
        let webhook =
            ObservedWebhook { name: "crm".into(), account: Some("contoso".into()), state, standing };
        problems(&Observed { webhooks: vec![webhook], ..Observed::default() }, at(0))
    };
    assert!(of(WebhookState::Enabled, standing(0, 0)).is_empty());
    assert!(of(WebhookState::Enabled, standing(2, 0)).is_empty(), "it may be restarting");
    assert!(of(WebhookState::Disabled, standing(9, 0)).is_empty());
    let found = of(WebhookState::Enabled, standing(3, 2));
    let pieces = [
        "Web hook crm",
        "since 07:59:00 UTC, in 3 tries: it answered 503.",
        "at 08:00:30 UTC",
        "webhook test crm",
    ];
    check(&found[0], Code::WebhookFailing, &pieces);
    assert_eq!(found[0].alarm_at, Some(at(3_540)));
    check(&found[1], Code::WebhookGaveUp, &["gave up 2 requests", "postern webhook replay crm"]);
    let gone = of(WebhookState::Gone, standing(0, 0));
    check(&gone[0], Code::WebhookFailing, &["answered 410", "postern webhook enable crm"]);
}

#[test]
fn the_manual_has_a_row_for_every_code() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(here.join(path)).unwrap();
    let manual = read("../../docs/operate/troubleshooting.md");
    let table = manual.split("| code | severity |").nth(1).unwrap().split("\n\n").next().unwrap();
    for word in Code::WORDS {
        let row = table
            .lines()
            .find(|row| row.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{word}`"))));
        assert!(row.is_some(), "{word} has no row");
    }
}
