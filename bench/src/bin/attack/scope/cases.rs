//! The table: a login, its envelope and header section, and what has to become of the message.
//!
//! The account has the senders `scan@` and `ceo@wire.example` and `alerts@second.example`; `boss@contoso.example` is
//! another account's. A display name is the author's own business, whatever it says.

#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) login: &'static str,
    /// MAIL FROM, without brackets.
    pub(super) path: &'static str,
    /// Fields of the header section that matter here.
    pub(super) fields: &'static str,
    pub(super) expected: Expected,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    /// It is sent on.
    Leaves,
    /// It is sent on without these words, in small letters, anywhere in its header section.
    LeavesWithout(&'static [&'static str]),
    /// The last reply has this code.
    Refused(u16),
}

use Expected::{Leaves, LeavesWithout, Refused};

/// Logins of the account, with the options that make them.
pub(super) const LOGINS: [(&str, &[&str]); 7] = [
    ("any", &[]),
    ("one", &["--sender", SCAN]),
    ("domain", &["--sender", "wire.example"]),
    ("forced", &["--sender", SCAN, "--forced-from", SCAN]),
    ("default", &["--sender", SCAN, "--default-from", SCAN]),
    ("repaired", &["--sender", SCAN, "--repair", "from", "--repair", "envelope"]),
    ("bound", &["--network", "127.1.0.0/16"]),
];

const SCAN: &str = "scan@wire.example";
const CEO: &str = "ceo@wire.example";
const ALERTS: &str = "alerts@second.example";
const BOSS: &str = "boss@contoso.example";
const STRANGER: &str = "a@stranger.example";
const FROM_SCAN: &str = "From: scan@wire.example\r\n";
const FROM_CEO: &str = "From: ceo@wire.example\r\n";

const fn case(login: &'static str, path: &'static str, fields: &'static str, expected: Expected) -> Case {
    Case { login, path, fields, expected }
}

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    // What each login may.
    case("any", SCAN, FROM_SCAN, Leaves),
    case("any", SCAN, FROM_CEO, Leaves),
    case("any", ALERTS, "From: alerts@second.example\r\n", Leaves),
    case("one", SCAN, FROM_SCAN, Leaves),
    case("domain", CEO, FROM_CEO, Leaves),
    case("forced", SCAN, FROM_SCAN, Leaves),
    case("default", SCAN, FROM_SCAN, Leaves),
    case("bound", SCAN, FROM_SCAN, Leaves),
    case("one", "", FROM_SCAN, Leaves),
    case("one", "list-bounces+a=b.example@wire.example", FROM_SCAN, Leaves),
    case("one", SCAN, "From: SCAN@WIRE.EXAMPLE\r\n", Leaves),
    case("one", SCAN, "FROM:\r\n scan@wire.example\r\n", Leaves),
    case("one", SCAN, "From: Scanner (ceo@wire.example) <scan@wire.example>\r\n", Leaves),
    case("one", SCAN, "From: =?utf-8?q?ceo=40wire=2Eexample?= <scan@wire.example>\r\n", Leaves),
    case("one", SCAN, "From: \"ceo@wire.example\" <scan@wire.example>\r\n", Leaves),
    // The envelope.
    case("any", BOSS, FROM_SCAN, Refused(550)),
    case("any", STRANGER, FROM_SCAN, Refused(550)),
    case("one", STRANGER, FROM_SCAN, Refused(550)),
    case("one", "a@sub.wire.example", FROM_SCAN, Refused(550)),
    case("one", "a@wire.example.stranger.example", FROM_SCAN, Refused(550)),
    case("one", "\"a@wire.example\"@stranger.example", FROM_SCAN, Refused(550)),
    case("repaired", "a@stranger.example ", FROM_SCAN, Refused(550)),
    // From.
    case("any", SCAN, "From: boss@contoso.example\r\n", Refused(550)),
    case("any", SCAN, "From: a@stranger.example\r\n", Refused(550)),
    case("any", SCAN, "From: nobody@wire.example\r\n", Refused(550)),
    case("one", SCAN, FROM_CEO, Refused(550)),
    case("one", CEO, FROM_CEO, Refused(550)),
    case("one", "", FROM_CEO, Refused(550)),
    case("one", SCAN, "From: CEO@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: \"ceo\"@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: \"c\\eo\"@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: ceo@WIRE.example\r\n", Refused(550)),
    case("one", SCAN, "From: ceo @ wire . example\r\n", Refused(550)),
    case("one", SCAN, "From: ceo(scan)@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From:\r\n ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: Scan <ceo@wire.example>\r\n", Refused(550)),
    case("one", SCAN, "From: scan@wire.example <ceo@wire.example>\r\n", Refused(550)),
    case("one", SCAN, "From: \"scan@wire.example\" <ceo@wire.example>\r\n", Refused(550)),
    case("one", SCAN, "From: ceo@wire.example (scan@wire.example)\r\n", Refused(550)),
    case("one", SCAN, "From: <@wire.example:ceo@wire.example>\r\n", Refused(550)),
    case("one", SCAN, "From: =?utf-8?q?ceo=40wire.example?=\r\n", Refused(550)),
    case("one", SCAN, "From: =?utf-8?q?scan=40wire.example?= <ceo@wire.example>\r\n", Refused(550)),
    case("one", SCAN, "From : ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "", Refused(550)),
    case("one", SCAN, "From:\r\n", Refused(550)),
    case("one", SCAN, "From: <>\r\n", Refused(550)),
    case("domain", ALERTS, "From: alerts@second.example\r\n", Refused(550)),
    case("domain", SCAN, "From: scan@sub.wire.example\r\n", Refused(550)),
    case("domain", SCAN, "From: scan@wire.example.\r\n", Refused(550)),
    case("domain", SCAN, "From: scan@xn--wre-qla.example\r\n", Refused(550)),
    // More than one author.
    case("one", SCAN, "From: scan@wire.example, ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: ceo@wire.example, scan@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: scan@wire.example\r\nFrom: ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: ceo@wire.example\r\nFrom: scan@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: scan@wire.example\r\nfrom: ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: group: scan@wire.example, ceo@wire.example;\r\n", Refused(550)),
    case("one", SCAN, "From: scan@wire.example <scan@wire.example>, <ceo@wire.example>\r\n", Refused(550)),
    case("any", SCAN, "From: scan@wire.example, a@stranger.example\r\n", Refused(550)),
    // An address that readers take for two different ones.
    case("one", SCAN, "From: \"scan\"@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: <ceo@wire.example> <scan@wire.example>\r\n", Refused(550)),
    case("one", SCAN, "From: scan@wire.example <ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: scan@wire.example>ceo@wire.example\r\n", Refused(550)),
    case("one", SCAN, "From: \"scan@wire.example> <ceo@wire.example>\r\n", Refused(550)),
    // Fields beside From.
    case("one", SCAN, "From: scan@wire.example\r\nSender: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nsender:\r\n <ceo@wire.example>\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nSender: \"ceo\"@wire.example\r\n", LeavesWithout(&["ceo"])),
    case("one", SCAN, "From: scan@wire.example\r\nSender: Scan <CEO@Wire.Example>\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nSender: <\"ceo\"@wire.example>\r\n", LeavesWithout(&["ceo"])),
    case("one", SCAN, "From: scan@wire.example\r\nSender: ceo(x) @ wire.example\r\n", LeavesWithout(&["ceo"])),
    case("one", SCAN, "From: scan@wire.example\r\nSender: =?utf-8?q?ceo=40wire.example?=\r\n", LeavesWithout(&["ceo"])),
    case("one", SCAN, "From: scan@wire.example\r\nResent-From: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nResent-Sender: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nSender: scan@wire.example\r\nSender: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nResent-From: scan@wire.example, ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    case("one", SCAN, "From: scan@wire.example\r\nBcc: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    // The author that the operator has put in.
    case("forced", SCAN, FROM_CEO, LeavesWithout(&[CEO])),
    case("forced", CEO, FROM_CEO, LeavesWithout(&[CEO])),
    case("forced", SCAN, "From: ceo@wire.example, a@stranger.example\r\n", LeavesWithout(&[CEO, STRANGER])),
    case("forced", SCAN, "From: ceo@wire.example\r\nFrom: a@stranger.example\r\n", LeavesWithout(&[CEO, STRANGER])),
    case("forced", SCAN, "From: ceo@wire.example\r\nSender: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    case("forced", SCAN, "From: a@stranger.example\r\nSender: a@stranger.example\r\n", LeavesWithout(&[STRANGER])),
    case("forced", SCAN, "", Leaves),
    case("default", SCAN, FROM_CEO, Refused(550)),
    case("default", SCAN, "From: root\r\n", LeavesWithout(&["root"])),
    case("default", SCAN, "From: root\r\nSender: ceo@wire.example\r\n", LeavesWithout(&[CEO])),
    // A repair does not widen what a login may.
    case("repaired", SCAN, "From: Kock, Arne <scan@wire.example>\r\n", Leaves),
    case("repaired", SCAN, "From: ceo@wire.example <scan@wire.example>\r\n", LeavesWithout(&["From: ceo@"])),
    case("repaired", SCAN, "From: scan@wire.example <ceo@wire.example>\r\n", Refused(550)),
    case("repaired", SCAN, "From: ceo@wire.example <scan@wire.example>, <ceo@wire.example>\r\n", Refused(550)),
    case("repaired", SCAN, "From: Kock, Arne <ceo@wire.example>\r\n", Refused(550)),
    case("repaired", SCAN, "From: ceo@wire.example.\r\n", Refused(550)),
    case("repaired", SCAN, "From: scan@wire.example\r\nFrom: ceo@wire.example\r\n", Refused(550)),
];
