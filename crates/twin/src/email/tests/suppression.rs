//! Nothing is sent to those who are on a suppression list.

use jiff::SignedDuration;
use serde_json::json;

use super::{ID, SEND, mail, post, status, with};
use crate::arm::tests::{SUBSCRIPTION, send_with};
use crate::captured::DeliveryStatus;
use crate::rehearsal::Rehearsal;

/// Puts an address on a list of a sender's, or of all senders, as a client of Resource Manager does.
async fn suppress(rehearsal: &Rehearsal, sender: &str, address: &str) {
    let domain = format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/emailServices/contoso-email/domains/\
         contoso.example"
    );
    let list = format!("{domain}/suppressionLists/2e1ac9c0-1111-4111-8111-111111111111");
    let one = format!("{list}/suppressionListAddresses/2e1ac9c0-1111-4111-8111-222222222222");
    for (path, properties) in [(list, json!({ "listName": sender })), (one, json!({ "email": address }))] {
        let answer = send_with(rehearsal, "PUT", &path, json!({ "properties": properties }), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_send_to_nobody_but_the_suppressed_fails_in_a_200() {
    let rehearsal = Rehearsal::begin();
    suppress(&rehearsal, "", "A@example.com").await;
    assert_eq!(post(&rehearsal, SEND, &mail(), &[("operation-id", ID)]).await.status, 202);
    assert_eq!(status(&rehearsal, ID).await.body["status"], "Running");
    rehearsal.backend.advance(SignedDuration::from_secs(3));
    let answer = status(&rehearsal, ID).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("Failed")));
    assert_eq!(answer.body["error"]["code"], "EmailDroppedAllRecipientsSuppressed");
}

#[tokio::test]
async fn one_of_two_is_dropped() {
    let rehearsal = Rehearsal::begin();
    suppress(&rehearsal, "scanner", "a@example.com").await;
    let two = with(|mail| mail["recipients"]["cc"] = json!([{ "address": "b@example.com" }]));
    assert_eq!(post(&rehearsal, SEND, &two, &[("operation-id", ID)]).await.status, 202);
    rehearsal.backend.advance(SignedDuration::from_secs(3));
    assert_eq!(status(&rehearsal, ID).await.body["status"], "Succeeded");
    let outcomes: Vec<DeliveryStatus> =
        rehearsal.backend.captured().mail(1).unwrap().recipients.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [DeliveryStatus::Suppressed, DeliveryStatus::Delivered]);
}

#[tokio::test]
async fn by_a_setting_nothing_is_sent_where_mail_came_back_from() {
    for (suppresses_bounced, expected) in
        [(false, DeliveryStatus::Bounced), (true, DeliveryStatus::Suppressed)]
    {
        let rehearsal = Rehearsal::begin();
        rehearsal.backend.change_state(|state| state.behaviour.suppresses_bounced = suppresses_bounced);
        let lost = with(|mail| mail["recipients"]["to"][0]["address"] = json!("bounce@example.com"));
        for (number, expected) in [(1, DeliveryStatus::Bounced), (2, expected)] {
            assert_eq!(post(&rehearsal, SEND, &lost, &[]).await.status, 202);
            assert_eq!(rehearsal.backend.captured().mail(number).unwrap().recipients[0].outcome, expected);
        }
        rehearsal.backend.advance(SignedDuration::from_hours(24));
        assert_eq!(post(&rehearsal, SEND, &lost, &[]).await.status, 202);
        assert_eq!(
            rehearsal.backend.captured().mail(3).unwrap().recipients[0].outcome,
            DeliveryStatus::Bounced
        );
    }
}

#[tokio::test]
async fn a_list_of_another_sender_does_not_count() {
    let rehearsal = Rehearsal::begin();
    suppress(&rehearsal, "noreply", "a@example.com").await;
    assert_eq!(post(&rehearsal, SEND, &mail(), &[("operation-id", ID)]).await.status, 202);
    rehearsal.backend.advance(SignedDuration::from_secs(3));
    assert_eq!(status(&rehearsal, ID).await.body["status"], "Succeeded");
}
