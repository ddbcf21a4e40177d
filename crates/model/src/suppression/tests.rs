//! What an entry holds for, and what becomes of it when it is reported again.

use super::*;

const OURS: AccountId = AccountId::from_bytes([1; 16]);

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(hours * 3_600).unwrap()
}

fn entry(address: &str, scope: &str) -> Suppression {
    Suppression {
        address: address.parse().unwrap(),
        account: Some(OURS),
        scope: scope.parse().unwrap(),
        reason: SuppressionReason::HardBounce,
        evidence: Evidence { text: "550 5.1.1".to_owned(), ..Evidence::default() },
        added_at: at(0),
        reported_at: at(0),
        times: 1,
        expires_at: None,
    }
}

#[test]
fn an_address_is_the_same_however_it_is_written() {
    let folds = |text: &str| folded(&text.parse().unwrap());
    assert_eq!(folds("Ann.Smith@EXAMPLE.com"), "ann.smith@example.com");
    assert_eq!(folds("J\u{dc}RGEN@b\u{fc}cher.example"), folds("j\u{fc}rgen@xn--bcher-kva.example"));
    assert_eq!(folds("\"ann\"@example.com"), folds("ANN@example.com"));
    assert_ne!(folds("ann@example.com"), folds("ann+news@example.com"));
}

#[test]
fn scopes_are_written_as_people_write_them() {
    for (text, shown) in [
        ("", "all"),
        ("all", "all"),
        ("Contoso.COM", "contoso.com"),
        ("@contoso.com", "contoso.com"),
        ("News@Contoso.com", "news@contoso.com"),
    ] {
        let scope: SuppressionScope = text.parse().unwrap();
        assert_eq!(scope.to_string(), shown);
        assert_eq!(
            scope.to_string().parse::<SuppressionScope>().map(|again| again.to_string()),
            Ok(shown.to_owned())
        );
    }
    assert!("a b".parse::<SuppressionScope>().is_err());
}

#[test]
fn an_entry_holds_for_the_mail_of_its_scope() {
    let (news, code): (Mailbox, Mailbox) =
        ("News@contoso.com".parse().unwrap(), "code@contoso.com".parse().unwrap());
    for (scope, for_news, for_code, for_unknown) in [
        ("all", true, true, true),
        ("contoso.com", true, true, false),
        ("news@CONTOSO.com", true, false, false),
        ("fabrikam.com", false, false, false),
    ] {
        let entry = entry("ann@example.com", scope);
        let holds = |author| entry.holds_for(Outgoing { account: Some(OURS), author, now: at(1) });
        assert_eq!(
            (holds(Some(&news)), holds(Some(&code)), holds(None)),
            (for_news, for_code, for_unknown),
            "{scope}"
        );
    }
}

#[test]
fn an_entry_holds_for_its_account_until_its_end() {
    let other = AccountId::from_bytes([2; 16]);
    let entry = Suppression { expires_at: Some(at(24)), ..entry("ann@example.com", "all") };
    let holds = |account, hours| entry.holds_for(Outgoing { account, author: None, now: at(hours) });
    assert!(holds(Some(OURS), 23));
    assert!(!holds(Some(OURS), 24));
    assert!(!holds(Some(other), 1));
    assert!(!holds(None, 1));
    let everywhere = Suppression { account: None, ..entry };
    assert!(everywhere.holds_for(Outgoing { account: None, author: None, now: at(1) }));
}

#[test]
fn of_two_reasons_the_stronger_stays_and_the_later_end() {
    let complaint = Suppression {
        reason: SuppressionReason::Complaint,
        evidence: Evidence { text: "spam".to_owned(), ..Evidence::default() },
        reported_at: at(5),
        ..entry("ann@example.com", "all")
    };
    let bounce =
        Suppression { reported_at: at(7), expires_at: Some(at(400)), ..entry("ann@example.com", "all") };
    let after = complaint.clone().reported_again(bounce.clone());
    assert_eq!((after.reason, after.evidence.text.as_str()), (SuppressionReason::Complaint, "spam"));
    assert_eq!((after.expires_at, after.times, after.reported_at), (None, 2, at(7)));
    let after = bounce.clone().reported_again(complaint.clone());
    assert_eq!(
        (after.reason, after.expires_at, after.reported_at),
        (SuppressionReason::Complaint, None, at(7))
    );
    let later = Suppression { reported_at: at(500), expires_at: Some(at(900)), ..bounce.clone() };
    let after = bounce.reported_again(later);
    assert_eq!((after.expires_at, after.times, after.added_at), (Some(at(900)), 2, at(0)));
}

#[test]
fn an_entry_is_explained_in_sentences() {
    let managed = Suppression {
        reason: SuppressionReason::AzureManaged,
        expires_at: Some(at(48)),
        times: 2,
        ..entry("ann@example.com", "contoso.com")
    };
    let sentences = managed.explanation(at(1)).join("\n");
    for part in [
        "ann@example.com is on the suppression list: Azure did not try to deliver to it (1970-01-01).",
        "whose author is at contoso.com",
        "What was said: 550 5.1.1",
        "this was report 2, and the next would add 4 days",
        "It ends at 1970-01-03 00:00 UTC.",
    ] {
        assert!(sentences.contains(part), "{part}: {sentences}");
    }
    assert!(managed.explanation(at(49)).join(" ").contains("It ended at"));
    let hard = entry("ann@example.com", "all").explanation(at(1)).join(" ");
    assert!(hard.contains("It does not end by itself.") && !hard.contains("Azure's own list"), "{hard}");
}

#[test]
fn the_managed_list_is_followed_on_its_schedule() {
    let managed = |hours| Suppression {
        reason: SuppressionReason::AzureManaged,
        reported_at: at(hours),
        expires_at: Some(at(hours + 24)),
        ..entry("ann@example.com", "all")
    };
    let mut entry = managed(0);
    for (hours, expected_days) in [(30, 2), (100, 4), (300, 8), (600, 14), (1_000, 14)] {
        entry = entry.reported_again(managed(hours));
        assert_eq!(entry.expires_at, Some(at(hours + expected_days * 24)), "after {hours} hours");
    }
    assert_eq!(entry.times, 6);
}
