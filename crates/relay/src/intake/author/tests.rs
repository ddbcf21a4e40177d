//! What becomes of a From and its neighbours, by rule.

use jiff::Timestamp;
use message::submission::{Additions, inspect, rewrite};
use model::credential::{Access, IntakeRules, Lane, PasswordHash, SenderRule};
use model::id::{AccountId, CredentialId};

use super::*;

fn credential(author: AuthorRule) -> Credential {
    Credential {
        id: CredentialId::from_bytes([2; 16]),
        login: "cron".parse().unwrap(),
        account: AccountId::from_bytes([1; 16]),
        access: Access::Password(PasswordHash::new(String::new())),
        senders: SenderRule::Any,
        networks: Vec::new(),
        author,
        intake: IntakeRules::default(),
        rate_per_minute: None,
        lane: Lane::Normal,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// Two senders at a linked domain may be used; `ceo@contoso.example` is another login's.
fn may_send_as(mailbox: &Mailbox) -> Result<(), Denied> {
    match (mailbox.domain().as_str(), mailbox.local_part().as_str()) {
        ("contoso.example", "scan" | "root") => Ok(()),
        ("contoso.example", "ceo") => Err(Denied::OtherLogin),
        ("contoso.example", _) => Err(Denied::UnknownSender),
        _ => Err(Denied::DomainNotLinked),
    }
}

/// The header section that is kept, and what is said about it; or the reply.
fn taken_by(
    credential: &Credential,
    repairs: &[Repair],
    header: &str,
) -> Result<(String, Vec<String>), String> {
    let repairs = repairs.iter().copied().collect();
    let facts = inspect(header.as_bytes()).unwrap();
    let reverse_path = ReversePath::Mailbox("root@contoso.example".parse().unwrap());
    let section = HeaderSection {
        header: header.as_bytes(),
        facts: &facts,
        repairs: &repairs,
        reverse_path: &reverse_path,
    };
    let author = section.of_credential(credential, &may_send_as).map_err(|rejection| named(&rejection))?;
    let additions = Additions {
        from: author.from,
        reply_to: author.reply_to,
        left_out: author.left_out,
        ..Additions::default()
    };
    let kept = String::from_utf8(rewrite(header.as_bytes(), &additions)).unwrap();
    Ok((kept, author.changes.into_iter().map(|change| change.text).collect()))
}

/// A rejection by its name and in its words.
fn named(rejection: &Rejection) -> String {
    let name = format!("{rejection:?}");
    let name = name.split('(').next().unwrap_or_default();
    format!("{name}: {rejection}")
}

fn scan() -> Mailbox {
    "scan@contoso.example".parse().unwrap()
}

/// A field that a device writes, and what a forced or default author makes of it.
const BROKEN: [(&str, &str); 18] = [
    ("", "From: scan@contoso.example\r\n"),
    ("From:\r\n", "From: scan@contoso.example\r\n"),
    ("From: <>\r\n", "From: scan@contoso.example\r\n"),
    ("From: root\r\n", "From: scan@contoso.example\r\n"),
    ("From: root (Cron Daemon)\r\n", "From: \"Cron Daemon\" <scan@contoso.example>\r\n"),
    ("From: \"(Cron Daemon)\" <root>\r\n", "From: \"(Cron Daemon)\" <scan@contoso.example>\r\n"),
    ("From: Anacron <root>\r\n", "From: \"Anacron\" <scan@contoso.example>\r\n"),
    ("From: mdadm monitoring <root>\r\n", "From: \"mdadm monitoring\" <scan@contoso.example>\r\n"),
    ("From: Kock, Arne <arne@contoso.example>\r\n", "From: \"Kock, Arne\" <scan@contoso.example>\r\n"),
    ("From: \"Scanner <s@contoso.example>\r\n", "From: \"Scanner\" <scan@contoso.example>\r\n"),
    ("From: a@b.example c@d.example\r\n", "From: scan@contoso.example\r\n"),
    ("From: a@b.example\r\nFrom: c@d.example\r\n", "From: scan@contoso.example\r\n"),
    ("From: Scanner <a@b.example\r\n", "From: \"Scanner\" <scan@contoso.example>\r\n"),
    ("From: a@b.example.\r\n", "From: scan@contoso.example\r\n"),
    ("From: @b.example\r\n", "From: scan@contoso.example\r\n"),
    ("From: a@@b.example\r\n", "From: scan@contoso.example\r\n"),
    ("From: Printer@floor3 <a@b.example>\r\n", "From: scan@contoso.example\r\n"),
    (
        "From: Boss ceo@contoso.example <scan@contoso.example>\r\n",
        "From: \"Boss\" <scan@contoso.example>\r\n",
    ),
];

#[test]
fn the_rule_comes_before_strictness() {
    for (written, expected) in BROKEN {
        let header = format!("{written}To: x@y.example\r\n");
        for rule in [AuthorRule::Forced(scan()), AuthorRule::Default(scan())] {
            let (kept, changes) = taken_by(&credential(rule), &[], &header).unwrap();
            let mut fields: Vec<&str> = kept.split_inclusive("\r\n").collect();
            fields.sort_unstable();
            assert_eq!(fields, [expected, "To: x@y.example\r\n"], "{written}");
            assert_eq!(changes.len(), 1, "{changes:?}");
        }
        let refused = taken_by(&credential(AuthorRule::Keep), &[], &header).unwrap_err();
        assert!(refused.starts_with("AuthorUnknown: "), "{written}: {refused}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong_and_where() {
    for (header, expected) in [
        ("To: x@y.example\r\n", "AuthorUnknown: the message has no From field"),
        ("From: root\r\n", "AuthorUnknown: the address \"root\" in From has no domain"),
        (
            "From: Kock, Arne <a@b.example>\r\n",
            "AuthorUnknown: From has a comma outside quotation marks after \"Kock\", which is not an address",
        ),
        (
            "From: a@x_y_$.example\r\n",
            "AuthorUnknown: the address \"a@x_y_$.example\" in From is not valid: the domain is not valid",
        ),
        (
            "From: ceo@contoso.example\r\n",
            "SenderNotAllowed: ceo@contoso.example may not be used by this login",
        ),
        ("From: x@contoso.example\r\n", "UnknownSender: x@contoso.example is not a sender of this account"),
        (
            "From: x@other.example\r\n",
            "DomainNotLinked: the domain of x@other.example is not linked to this account",
        ),
        (
            "From: scan@contoso.example, x@other.example\r\n",
            "DomainNotLinked: the domain of x@other.example is not linked to this account",
        ),
    ] {
        let refused = taken_by(&credential(AuthorRule::Keep), &[], header).unwrap_err();
        assert_eq!(refused, expected, "{header}");
    }
    let unreadable = "From: root\r\n";
    assert!(taken_by(&credential(AuthorRule::Default(scan())), &[], "From: x@other.example\r\n").is_err());
    let gone = AuthorRule::Forced("gone@contoso.example".parse().unwrap());
    let refused = taken_by(&credential(gone), &[], unreadable).unwrap_err();
    assert!(refused.starts_with("UnknownSender: gone@contoso.example"), "{refused}");
}

#[test]
fn what_is_right_stays_as_it_is() {
    for rule in [AuthorRule::Keep, AuthorRule::Default(scan()), AuthorRule::Forced(scan())] {
        for header in [
            "From: scan@contoso.example\r\n",
            "From:   Scanner\r\n <scan@contoso.example> (hall)\r\nSender: x@other.example\r\n",
            "From: =?utf-8?Q?J=C3=BCrgen?= <scan@contoso.example>\r\nReply-To: a@b.example\r\n",
        ] {
            let taken = taken_by(&credential(rule.clone()), &Repair::ALL, header).unwrap();
            assert_eq!(taken, (header.to_owned(), Vec::new()));
        }
    }
}

#[test]
fn a_forced_author_keeps_the_name_and_answers_can_go_to_the_old_one() {
    let mut credential = credential(AuthorRule::Forced(scan()));
    let header = "From: \"Ops, Web\" <www@web1.example>\r\nSender: root@web1.example\r\n";
    let (kept, changes) = taken_by(&credential, &[], header).unwrap();
    assert_eq!(kept, "From: \"Ops, Web\" <scan@contoso.example>\r\n");
    assert_eq!(
        changes,
        [
            "From was \"\"Ops, Web\" <www@web1.example>\", is \"Ops, Web\" <scan@contoso.example>",
            "Sender was \"root@web1.example\", is left out",
        ]
    );
    credential.intake.reply_to_author = true;
    let reply_to = |header: &str| {
        let (kept, _) = taken_by(&credential, &[], header).unwrap();
        kept.split_once("Reply-To: ").map(|(_, reply_to)| reply_to.to_owned())
    };
    assert_eq!(reply_to(header).as_deref(), Some("\"Ops, Web\" <www@web1.example>\r\n"));
    assert_eq!(
        reply_to("From: a@b.example, C <c@d.example>\r\n").as_deref(),
        Some("a@b.example,\r\n \"C\" <c@d.example>\r\n")
    );
    assert_eq!(
        reply_to("From: Kock, Arne <a@b.example>\r\n").as_deref(),
        Some("\"Kock, Arne\" <a@b.example>\r\n")
    );
    assert_eq!(reply_to("From: root\r\n"), None);
    assert_eq!(
        reply_to("From: a@b.example\r\nReply-To: c@d.example\r\n").as_deref(),
        Some("c@d.example\r\n")
    );
    assert_eq!(reply_to("From: a@b.example\r\nReply-To:\r\n").as_deref(), Some("a@b.example\r\n"));
}

#[test]
fn a_login_does_not_evade_its_scope_by_another_field() {
    let keep = credential(AuthorRule::Keep);
    for (field, stays) in [
        ("Sender: scan@contoso.example\r\n", true),
        ("Sender: Web <www-data@web1.example>\r\n", true),
        ("Sender: nobody\r\n", true),
        ("Resent-From: root@contoso.example\r\n", true),
        ("Sender: ceo@contoso.example\r\n", false),
        ("Sender: Boss, The <ceo@contoso.example>\r\n", false),
        ("Sender: nobody@contoso.example\r\n", false),
        ("Resent-Sender: ceo@contoso.example\r\n", false),
        ("Resent-From: scan@contoso.example, ceo@contoso.example\r\n", false),
        ("Sender: \"ceo\"@contoso.example\r\n", false),
        ("Sender: <\"ceo\"@contoso.example>\r\n", false),
        ("Sender: ceo (x) @ contoso . example\r\n", false),
        ("Sender: =?utf-8?q?ceo=40contoso.example?=\r\n", false),
        ("Sender: ceo@contoso.(x)example\r\n", false),
        ("Sender: ceo@contoso.example boss\r\n", false),
        ("Sender: x(ceo@contoso.example)\r\n", false),
        ("Resent-From: x@web1.example ceo@contoso.example\r\n", false),
        ("Sender: a@web1.example; b@web1.example\r\n", true),
        ("Sender: \"a\"@web1.example.\r\n", true),
        ("Sender: =?utf-8?q?ceo?= at contoso.example\r\n", true),
    ] {
        let header = format!("{field}From: scan@contoso.example\r\n");
        let (kept, changes) = taken_by(&keep, &[], &header).unwrap();
        assert_eq!((kept == header, changes.is_empty()), (stays, stays), "{field}");
    }
}

#[test]
fn a_repair_writes_the_author_who_must_be_meant() {
    let keep = credential(AuthorRule::Keep);
    for (written, expected) in [
        ("From: Kock, Arne <scan@contoso.example>\r\n", "From: \"Kock, Arne\" <scan@contoso.example>\r\n"),
        ("From: root (Cron Daemon)\r\n", "From: \"Cron Daemon\" <root@contoso.example>\r\n"),
        ("From: scan@contoso.example.\r\n", "From: scan@contoso.example\r\n"),
        (
            "From: scan@contoso.example\r\nFrom: Scan <scan@contoso.example>\r\n",
            "From: scan@contoso.example\r\n",
        ),
    ] {
        let (kept, changes) = taken_by(&keep, &[Repair::From], written).unwrap();
        assert_eq!((kept.as_str(), changes.len()), (expected, 1));
        assert!(taken_by(&keep, &[Repair::LineEnds, Repair::Envelope], written).is_err(), "{written}");
    }
    let refused = taken_by(&keep, &[Repair::From], "From: Kock, Arne <ceo@contoso.example>\r\n").unwrap_err();
    assert!(refused.starts_with("SenderNotAllowed: "), "{refused}");
    let (kept, changes) =
        taken_by(&keep, &[Repair::From], "From: Printer@floor3 <scan@contoso.example>\r\n").unwrap();
    assert_eq!(kept, "From: \"Printer@floor3\" <scan@contoso.example>\r\n");
    assert_eq!(
        changes,
        ["From was \"Printer@floor3 <scan@contoso.example>\", is \"Printer@floor3\" <scan@contoso.example>"]
    );
    let another = "From: scan@contoso.example <ceo@contoso.example>\r\n";
    let refused = taken_by(&keep, &[Repair::From], another).unwrap_err();
    assert!(
        refused.starts_with("SenderNotAllowed: ceo@contoso.example may not be used by this login"),
        "{refused}"
    );
    let refused = taken_by(&keep, &[Repair::From], "From: www-data\r\n").unwrap_err();
    assert_eq!(refused, "AuthorUnknown: the address \"www-data\" in From has no domain");
    let default = credential(AuthorRule::Default(scan()));
    let (kept, _) = taken_by(&default, &[Repair::From], "From: root (Cron Daemon)\r\n").unwrap();
    assert_eq!(
        kept, "From: \"Cron Daemon\" <root@contoso.example>\r\n",
        "what can be told is better than a default"
    );
    let (kept, _) = taken_by(&default, &[Repair::From], "From: Boss, The <ceo@contoso.example>\r\n").unwrap();
    assert_eq!(kept, "From: \"Boss, The\" <scan@contoso.example>\r\n");
}
