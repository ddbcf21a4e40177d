//! Members that must be there, Azure's switches, and rules that are settings.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ID, SEND, ask, mail, post, status, with};
use crate::rehearsal::Rehearsal;
use crate::state::{RestRefusal, Retirement, Unwanted};

#[tokio::test]
async fn what_is_no_json_is_422_and_what_lacks_a_member_is_400_for_it() {
    let rehearsal = Rehearsal::begin();
    let set =
        |pointer: &str, value: Value| with(|mail| *mail.pointer_mut(pointer).unwrap() = value).to_string();
    let without = |parent: &str, name: &str| {
        with(|mail| drop(mail.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name))).to_string()
    };
    let file = with(|mail| mail["attachments"] = json!([{ "name": "f", "contentType": "text/plain" }]));
    for (body, expected, target) in [
        ("{".to_owned(), 422, json!(null)),
        (String::new(), 422, json!(null)),
        ("[1]".to_owned(), 400, json!(null)),
        (without("/content", "subject"), 400, json!("content.subject")),
        (set("/content/subject", json!(null)), 400, json!("content.subject")),
        (set("/content/subject", json!(7)), 400, json!("content.subject")),
        (set("/content/subject", json!("")), 202, json!(null)),
        (without("", "content"), 400, json!("content")),
        (without("", "senderAddress"), 400, json!("senderAddress")),
        (without("", "recipients"), 400, json!("recipients")),
        (without("/recipients", "to"), 400, json!("recipients.to")),
        (set("/recipients/to", json!("a@example.com")), 400, json!("recipients.to")),
        (without("/recipients/to/0", "address"), 400, json!("recipients.to[0].address")),
        (file.to_string(), 400, json!("attachments[0].contentInBase64")),
        (with(|mail| mail["headers"] = json!(["X-A"])).to_string(), 400, json!(null)),
    ] {
        let answer = ask(&rehearsal, "POST", (SEND, &body), &[]).await;
        assert_eq!((answer.status, &answer.body["error"]["target"]), (expected, &target), "{body}");
    }
}

#[tokio::test]
async fn mail_to_nobody_but_cc_depends_on_the_version() {
    let rehearsal = Rehearsal::begin();
    let hidden = with(|mail| mail["recipients"] = json!({ "bcc": [{ "address": "a@example.com" }] }));
    let old = "/emails:send?api-version=2021-10-01-preview";
    assert_eq!(post(&rehearsal, old, &hidden, &[]).await.status, 202);
    assert_eq!(post(&rehearsal, SEND, &hidden, &[]).await.status, 400);
    rehearsal.backend.change_state(|state| state.behaviour.email.takes_mail_without_to = true);
    assert_eq!(post(&rehearsal, SEND, &hidden, &[]).await.status, 202);
    let nobody = with(|mail| mail["recipients"] = json!({}));
    assert_eq!(post(&rehearsal, old, &nobody, &[]).await.status, 400);
}

#[tokio::test]
async fn a_used_or_invalid_message_id_is_replaced_or_refused() {
    let rehearsal = Rehearsal::begin();
    let seen = || rehearsal.backend.captured().all().next().unwrap().message_id().unwrap();
    let with_id = |id: &str| with(|mail| mail["headers"] = json!({ "Message-Id": id }));
    let strict = |id: &str| {
        with(|mail| {
            mail["headers"] = json!({ "Message-ID": id, "X-MS-ACSEmail-validate-message-id": "True" });
        })
    };
    assert_eq!(post(&rehearsal, SEND, &with_id("<1@contoso.example>"), &[]).await.status, 202);
    assert_eq!(seen(), "<1@contoso.example>");
    for (what, id) in [("used", "<1@contoso.example>"), ("invalid", "1@contoso.example")] {
        assert_eq!(post(&rehearsal, SEND, &with_id(id), &[]).await.status, 202);
        assert!(seen().ends_with("@communication.azure.com>"), "{what}");
        assert_eq!(post(&rehearsal, SEND, &strict(id), &[]).await.status, 400, "{what}");
    }
    let id = [("operation-id", ID)];
    assert_eq!(post(&rehearsal, SEND, &strict("<2@contoso.example>"), &id).await.status, 202);
    let again = post(&rehearsal, SEND, &strict("<2@contoso.example>"), &id).await;
    assert_eq!(again.status, 202, "a repeated request is not a used Message-ID");
}

#[tokio::test]
async fn azures_switches_are_obeyed() {
    let rehearsal = Rehearsal::begin();
    let file = |name: &str, kind: &str, id: &str| json!({ "name": name, "contentType": kind, "contentInBase64": "AAAA", "contentId": id });
    let switched = |switch: &str, value: &str, files: Value| {
        with(|mail| {
            mail["attachments"] = files;
            mail["headers"] = json!({ switch: value });
        })
    };
    let twice = || json!([file("a.pdf", "application/pdf", "same"), file("b.png", "image/png", "same")]);
    let ids = "x-ms-acsemail-ignore-duplicate-content-id";
    assert_eq!(post(&rehearsal, SEND, &switched(ids, "false", twice()), &[]).await.status, 400);
    assert_eq!(post(&rehearsal, SEND, &switched(ids, "true", twice()), &[]).await.status, 202);
    let program = file("b.exe", "application/x-msdownload", "b");
    let files = || json!([file("a.pdf", "application/pdf", "a"), program]);
    let switch = "x-ms-acsemail-suppress-invalid-attachment";
    assert_eq!(post(&rehearsal, SEND, &switched(switch, "false", files()), &[]).await.status, 400);
    assert_eq!(post(&rehearsal, SEND, &switched(switch, "true", files()), &[]).await.status, 202);
    let kept = rehearsal.backend.captured().all().next().unwrap().parts().attachments;
    assert_eq!(kept.into_iter().map(|file| file.name).collect::<Vec<_>>(), ["a.pdf"]);
}

#[tokio::test]
async fn a_rule_refuses_what_it_is_about_and_nothing_else() {
    let with_file = with(|mail| {
        let kind = "application/pdf; x=y";
        mail["attachments"] = json!([{ "name": "A.PDF", "contentType": kind, "contentInBase64": "AAAA" }]);
    });
    let twice = with(|mail| mail["recipients"]["cc"] = json!([{ "address": "A@example.com" }]));
    let beyond_ascii = with(|mail| mail["recipients"]["to"][0]["address"] = json!("m\u{fc}ller@example.com"));
    for (when, refused) in [
        (Unwanted::Everything, mail()),
        (Unwanted::NoText, with(|mail| mail["content"]["plainText"] = json!(" \r\n"))),
        (Unwanted::NonAsciiAddress, beyond_ascii),
        (Unwanted::RepeatedRecipient, twice.clone()),
        (Unwanted::Header("x-mailer".into()), with(|mail| mail["headers"] = json!({ "X-Mailer": "x" }))),
        (Unwanted::AttachmentType("application/*".into()), with_file.clone()),
        (Unwanted::AttachmentType("application/pdf".into()), with_file.clone()),
        (Unwanted::AttachmentName(".pdf".into()), with_file),
        (Unwanted::LargerThan(1_000), with(|mail| mail["content"]["subject"] = json!("s".repeat(1_000)))),
        (Unwanted::MoreRecipientsThan(1), twice),
    ] {
        let rehearsal = Rehearsal::begin();
        let (code, message) = ("Unwanted".to_owned(), "no".to_owned());
        let rule = RestRefusal { when: when.clone(), status: 413, code, message };
        rehearsal.backend.change_state(|state| state.behaviour.email.refuses = vec![rule]);
        let answer = post(&rehearsal, SEND, &refused, &[]).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (413, &json!("Unwanted")), "{when:?}");
        if when != Unwanted::Everything {
            assert_eq!(post(&rehearsal, SEND, &mail(), &[]).await.status, 202, "{when:?}");
        }
    }
}

#[tokio::test]
async fn from_the_day_of_retirement_on_nothing_is_taken() {
    let rehearsal = Rehearsal::begin();
    let day = rehearsal.backend.now() + SignedDuration::from_hours(1);
    let retirement: Retirement = serde_json::from_value(json!({ "from": day })).unwrap();
    rehearsal.backend.change_state(|state| state.behaviour.retirement = Some(retirement));
    assert_eq!(post(&rehearsal, SEND, &mail(), &[("operation-id", ID)]).await.status, 202);
    rehearsal.backend.advance(SignedDuration::from_hours(1));
    let answer = post(&rehearsal, SEND, &mail(), &[]).await;
    assert_eq!((answer.status, &answer.body["error"]["code"]), (410, &json!("Gone")));
    assert_eq!(status(&rehearsal, ID).await.status, 410);
}

#[tokio::test]
async fn a_service_without_public_access_is_not_reached() {
    let rehearsal = Rehearsal::begin();
    rehearsal.backend.change_state(|state| state.services[0].public_network_access = false);
    let answer = post(&rehearsal, SEND, &mail(), &[]).await;
    assert_eq!((answer.status, &answer.body["error"]["code"]), (403, &json!("PublicNetworkAccessDisabled")));
}
