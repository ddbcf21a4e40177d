//! Recipients whose local part is beyond ASCII: only a server that offers SMTPUTF8 takes them (RFC 6531
//! section 3.1). To the others the message goes all the same.

use ::smtp::address::Mailbox;
use ::smtp::extension::Extension;
use smtp_client::Connection;

use super::session::send_over;
use crate::deliver::mail::Mail;
use crate::deliver::outcome::{AttemptOutcome, Failed};

/// Sends a message over an open session to those whom the server can be told.
pub(super) async fn send_to_whom_it_can(
    connection: &mut Connection,
    mail: &Mail<'_>,
) -> Result<AttemptOutcome, smtp_client::Error> {
    let offered = connection.offered();
    let takes_all = offered.is_some_and(|offered| offered.extensions.contains(Extension::SmtpUtf8));
    let left_out = left_out(mail.recipients, takes_all);
    if left_out.is_empty() {
        return send_over(connection, mail).await;
    }
    let carried: Vec<usize> = (0..mail.recipients.len()).filter(|place| !left_out.contains(place)).collect();
    if carried.is_empty() {
        return Ok(AttemptOutcome::Failed(not_carried()));
    }
    let recipients: Vec<Mailbox> =
        carried.iter().filter_map(|place| mail.recipients.get(*place).cloned()).collect();
    let outcome = send_over(connection, &Mail { recipients: &recipients, ..*mail }).await?;
    Ok(with_left_out(outcome, &carried, &left_out))
}

fn left_out(recipients: &[Mailbox], takes_all: bool) -> Vec<usize> {
    let places = recipients.iter().enumerate();
    places.filter(|(_, one)| !takes_all && !one.is_ascii()).map(|(place, _)| place).collect()
}

/// The outcome about those who were sent to, as one about all.
fn with_left_out(outcome: AttemptOutcome, carried: &[usize], left_out: &[usize]) -> AttemptOutcome {
    let AttemptOutcome::Accepted(mut accepted) = outcome else { return outcome };
    let place = |place: usize| carried.get(place).copied();
    accepted.refused = std::mem::take(&mut accepted.refused)
        .into_iter()
        .filter_map(|(index, failed)| Some((place(index)?, failed)))
        .chain(left_out.iter().map(|place| (*place, not_carried())))
        .collect();
    let deferred = std::mem::take(&mut accepted.deferred).into_iter();
    accepted.deferred = deferred.filter_map(|(index, text)| Some((place(index)?, text))).collect();
    AttemptOutcome::Accepted(accepted)
}

/// RFC 6531 section 3.5: 5.6.7 is for an address beyond ASCII that cannot be passed on.
fn not_carried() -> Failed {
    Failed {
        code: 553,
        status: (6, 7),
        reason: "The part before the @ is not ASCII, which Azure's server does not support.".to_owned(),
        diagnostic: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::outcome::Acceptance;

    #[test]
    fn the_others_keep_their_places() {
        let recipients: Vec<Mailbox> = ["a@b.example", "jürgen@b.example", "c@bücher.example", "d@b.example"]
            .into_iter()
            .map(|one| one.parse().unwrap())
            .collect();
        assert!(left_out(&recipients, true).is_empty());
        assert_eq!(left_out(&recipients, false), [1]);
        let accepted = Acceptance {
            refused: vec![(2, not_carried())],
            deferred: vec![(1, "451".to_owned())],
            ..Acceptance::default()
        };
        let AttemptOutcome::Accepted(accepted) =
            with_left_out(AttemptOutcome::Accepted(accepted), &[0, 2, 3], &[1])
        else {
            panic!()
        };
        let refused: Vec<usize> = accepted.refused.iter().map(|(place, _)| *place).collect();
        assert_eq!((refused, accepted.deferred), (vec![3, 1], vec![(2, "451".to_owned())]));
    }
}
