//! What an SMTP server's replies mean: for SMTP, the only table that tells permanent from temporary.
//!
//! Codes are matched, not texts. What is not known is temporary, unless the server says that it is permanent.

use ::smtp::client::{ProtocolError, Stage, TransactionReplies};
use ::smtp::reply::{EnhancedStatus, Refusal};

use message::notification::{Diagnostic, Speaker};

use crate::deliver::outcome::{Acceptance, AttemptOutcome, Deferred, Failed, Matter, RATE_WAIT, deferred};

/// What a server's replies to a message mean.
pub(crate) fn of_transaction(replies: TransactionReplies) -> AttemptOutcome {
    let (mut refused, mut later, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (place, recipient) in replies.recipients.iter().enumerate() {
        let Err(refusal) = recipient else { continue };
        match (not_about_a_recipient(refusal), refusal.is_permanent()) {
            (Some(trouble), _) => {
                failures.push(trouble);
                later.push((place, refusal.to_string()));
            }
            (None, true) => refused.push((place, of_refusal(refusal))),
            (None, false) => later.push((place, refusal.to_string())),
        }
    }
    // A rate limit says most about what else has to wait.
    failures.sort_by_key(|trouble| trouble.matter != Matter::Rate);
    let trouble = failures.into_iter().next();
    match replies.message {
        Some(Ok(reply)) => AttemptOutcome::Accepted(Acceptance {
            text: format!("Azure took it: {reply}"),
            read_status_in: None,
            refused,
            deferred: later,
            trouble,
        }),
        Some(Err(refusal)) if replies.recipients.is_empty() => of_mail_refusal(&refusal),
        Some(Err(refusal)) => of_message_refusal(&refusal),
        // Nobody was left to send to.
        None => match (trouble, refused.into_iter().next()) {
            (Some(trouble), _) => AttemptOutcome::Deferred(trouble),
            (None, Some((_, failed))) if later.is_empty() => AttemptOutcome::Failed(failed),
            (None, _) => {
                let refusal = replies.recipients.iter().find_map(|recipient| recipient.as_ref().err());
                let text = refusal.map_or_else(|| "no recipient was accepted".to_owned(), Refusal::to_string);
                deferred(text, Matter::Message, None)
            }
        },
    }
}

/// What a refusal of MAIL means: of what it carries, only the sender can be meant.
fn of_mail_refusal(refusal: &Refusal) -> AttemptOutcome {
    not_about_a_recipient(refusal).map_or_else(|| of_message_refusal(refusal), AttemptOutcome::Deferred)
}

fn of_message_refusal(refusal: &Refusal) -> AttemptOutcome {
    if let Some(trouble) = trouble(refusal) {
        AttemptOutcome::Deferred(trouble)
    } else if refusal.is_permanent() {
        AttemptOutcome::Failed(of_refusal(refusal))
    } else {
        deferred(refusal.to_string(), Matter::Message, None)
    }
}

/// What MAIL or RCPT is refused for that is neither the recipient's nor the message's doing. Before there is
/// a message, any 5.7.x is about permissions; only those that [`trouble`] knows concern all other mail too.
fn not_about_a_recipient(refusal: &Refusal) -> Option<Deferred> {
    let unknown = || {
        let is_about_permission = matches!(numbers(refusal), Some((7, _)));
        let deferred = Deferred { text: refusal.to_string(), wait: None, matter: Matter::Message };
        is_about_permission.then_some(deferred)
    };
    trouble(refusal).or_else(unknown)
}

/// What Azure's replies mean for the rate, the sender and the login, by status: its basic codes vary (5.1.7 was seen with
/// 501 and 550), and so does the stage at which it says it.
fn trouble(refusal: &Refusal) -> Option<Deferred> {
    let (matter, wait) = match (numbers(refusal), refusal.reply().code()) {
        (Some((5, 127)), _) => (Matter::Rate, Some(RATE_WAIT)),
        (Some((1, 7)), _) => (Matter::Sender, None),
        // 5.7.60: this login has no permission to send as this sender (Exchange).
        (Some((1, 8) | (7, 60)), _) => (Matter::Username, None),
        (Some((7, 0 | 3 | 8 | 57)), _) | (_, 530 | 535) => (Matter::Login, None),
        _ => return None,
    };
    Some(Deferred { text: refusal.to_string(), wait, matter })
}

fn of_refusal(refusal: &Refusal) -> Failed {
    let status = numbers(refusal).unwrap_or_default();
    let reason = match status.0 {
        1 => "The address was not accepted.",
        3 => "The message was not accepted as it is too large or of a wrong kind.",
        _ => "The message was not accepted.",
    };
    Failed {
        code: refusal.reply().code(),
        status,
        reason: reason.to_owned(),
        diagnostic: Some(Diagnostic { speaker: Speaker::Smtp, text: refusal.to_string() }),
    }
}

/// Subject and detail of the status in a refusal, also of one whose class does not fit the basic code: a
/// `554 4.5.127` is about the rate all the same.
fn numbers(refusal: &Refusal) -> Option<(u16, u16)> {
    let reply = refusal.reply();
    let status = reply.status().or_else(|| Some(EnhancedStatus::split_from(reply.text())?.0))?;
    Some(status.subject_and_detail())
}

/// What a session that broke means.
pub(crate) fn of_session(error: &smtp_client::Error) -> AttemptOutcome {
    let text = model::error_chain(error);
    if let smtp_client::Cause::Protocol(failure) = &error.cause {
        match &failure.cause {
            ProtocolError::Refused(refusal) if numbers(refusal) == Some((5, 127)) => {
                return deferred(text, Matter::Rate, Some(RATE_WAIT));
            }
            ProtocolError::Refused(refusal) if error.stage == Stage::Login => {
                let matter = if refusal.is_permanent() { Matter::Login } else { Matter::Unreachable };
                return deferred(text, matter, None);
            }
            ProtocolError::NoTls | ProtocolError::NoMechanism => return deferred(text, Matter::Login, None),
            _ => {}
        }
    }
    if let smtp_client::Cause::Message(violation) = &error.cause {
        let reason = format!("The message holds {violation}, which cannot be sent.");
        return AttemptOutcome::Failed(Failed { code: 554, status: (6, 11), reason, diagnostic: None });
    }
    match error.stage {
        Stage::Greeting | Stage::Hello | Stage::StartTls | Stage::Login => {
            deferred(text, Matter::Unreachable, None)
        }
        Stage::Idle | Stage::Envelope | Stage::Data | Stage::EndOfData | Stage::Quit => {
            deferred(text, Matter::Message, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use ::smtp::reply::Reply;
    use model::queued::Recipient;

    use super::*;

    fn matter(outcome: &AttemptOutcome) -> Option<(Matter, Option<u64>)> {
        match outcome {
            AttemptOutcome::Deferred(deferred) => {
                Some((deferred.matter, deferred.wait.map(|wait| wait.as_secs())))
            }
            _ => None,
        }
    }

    /// What a server sends, as it is read: its status may not fit its code.
    fn refusal(line: &str) -> Refusal {
        let (code, text) = line.split_once(' ').unwrap();
        Reply::received(code.parse().unwrap(), text.to_owned()).try_into().unwrap()
    }

    fn said(line: &str) -> AttemptOutcome {
        of_transaction(TransactionReplies { recipients: vec![Ok(())], message: Some(Err(refusal(line))) })
    }

    #[test]
    fn azures_smtp_replies_are_told_apart_by_status() {
        assert_eq!(matter(&said("451 4.3.0 later")), Some((Matter::Message, None)));
        assert_eq!(matter(&said("535 5.7.3 no")), Some((Matter::Login, None)));
        for line in ["554 5.6.0 no", "550 5.7.1 blocked as spam", "552 5.3.4 too large", "500 no"] {
            assert!(matches!(said(line), AttemptOutcome::Failed(_)), "{line}");
        }
        let AttemptOutcome::Failed(failed) = said("554 5.6.0 no") else { panic!() };
        assert_eq!((failed.status_text().as_str(), failed.code), ("5.6.0", 554));
    }

    #[test]
    fn the_rate_the_sender_and_the_login_are_told_at_every_stage_by_every_code() {
        let table = [
            ("4.5.127", [450, 451, 421, 452], (Matter::Rate, Some(60))),
            ("5.1.7", [501, 550, 554, 553], (Matter::Sender, None)),
            ("5.1.8", [501, 550, 554, 553], (Matter::Username, None)),
            ("5.7.60", [550, 554, 501, 553], (Matter::Username, None)),
            ("5.7.57", [530, 550, 554, 535], (Matter::Login, None)),
            ("5.7.3", [530, 550, 554, 535], (Matter::Login, None)),
        ];
        for (status, codes, expected) in table {
            for code in codes {
                let refusal = || refusal(&format!("{code} {status} text"));
                let at_mail = TransactionReplies { recipients: vec![], message: Some(Err(refusal())) };
                let one = TransactionReplies { recipients: vec![Err(refusal())], message: None };
                let gone = Refusal::permanent(550, (1, 1), "no such user");
                let two = TransactionReplies { recipients: vec![Err(gone), Err(refusal())], message: None };
                let at_end = TransactionReplies { recipients: vec![Ok(())], message: Some(Err(refusal())) };
                for replies in [at_mail, one, two, at_end] {
                    let text = format!("{replies:?}");
                    assert_eq!(matter(&of_transaction(replies)), Some(expected), "{text}");
                }
                let taken = Some(Ok(Reply::positive(250, (0, 0), "ok")));
                let mixed = TransactionReplies { recipients: vec![Ok(()), Err(refusal())], message: taken };
                let AttemptOutcome::Accepted(accepted) = of_transaction(mixed) else {
                    panic!("{code} {status}")
                };
                let text = format!("{code} {status} text");
                assert_eq!((accepted.refused, accepted.deferred), (vec![], vec![(1, text)]));
                assert_eq!(accepted.trouble.map(|trouble| trouble.matter), Some(expected.0));
            }
        }
        for line in ["554 4.5.127 too fast", "450 5.1.7 not linked"] {
            assert!(matches!(matter(&said(line)), Some((Matter::Rate | Matter::Sender, _))), "{line}");
        }
    }

    #[test]
    fn a_permission_that_is_refused_before_there_is_a_message_is_not_the_recipients() {
        for line in ["550 5.7.1 unable to relay", "550 5.7.708 not from this network", "450 4.7.0 wait"] {
            for replies in [
                TransactionReplies { recipients: vec![], message: Some(Err(refusal(line))) },
                TransactionReplies { recipients: vec![Err(refusal(line))], message: None },
            ] {
                assert!(matches!(of_transaction(replies), AttemptOutcome::Deferred(_)), "{line}");
            }
        }
    }

    #[test]
    fn recipients_have_their_own_fates() {
        const GONE: Refusal = Refusal::permanent(550, (1, 1), "no such user");
        const LATER: Refusal = Refusal::temporary(452, (5, 3), "too many");
        let taken = Some(Ok(Reply::positive(250, (0, 0), "ok")));
        let recipients = vec![Err(GONE), Ok(()), Err(LATER)];
        let AttemptOutcome::Accepted(accepted) =
            of_transaction(TransactionReplies { recipients, message: taken })
        else {
            panic!()
        };
        assert_eq!(accepted.refused.len(), 1);
        assert_eq!((accepted.refused[0].0, accepted.refused[0].1.status_text()), (0, "5.1.1".into()));
        assert_eq!(accepted.deferred, [(2, "452 4.5.3 too many".to_owned())]);
        let everybody: Vec<Recipient> = ["a@b.example", "c@b.example", "d@b.example"]
            .into_iter()
            .map(|one| Recipient { mailbox: one.parse().unwrap(), notify: None, original: None })
            .collect();
        assert_eq!(
            accepted.story(&everybody),
            "Azure took it: 250 2.0.0 ok; it refused the recipient a@b.example: 550 5.1.1 no such user; \
             it deferred the recipient d@b.example: 452 4.5.3 too many"
        );
        let none = |recipients| of_transaction(TransactionReplies { recipients, message: None });
        assert!(matches!(none(vec![Err(GONE)]), AttemptOutcome::Failed(_)));
        assert!(matches!(none(vec![Err(GONE), Err(LATER)]), AttemptOutcome::Deferred(_)));
    }
}
