//! Members with fixed words: the OpenAPI document lists the words, from the tables that programs and rows have.

use model::account::AccountState;
use model::azure::{Authorization, TransportChoice};
use model::credential::Lane;
use model::delivery::{AttemptResult, SendState};
use model::dns_provider::DnsProviderKind;
use model::repair::Repair;
use model::rotation::Step;
use model::tracking::{EventSource, RecipientState};
use model::upstream::Transport;
use model::webhook::WebhookState;
use serde_json::{Value, json};

/// A member of a schema, and all words that it can have.
struct Member {
    schema: &'static str,
    name: &'static str,
    words: &'static [&'static str],
}

/// Not the lane of a credential to be added: a list that is validated may have a wrong one.
const MEMBERS: [Member; 23] = [
    Member { schema: "AccountView", name: "authorization", words: &Authorization::WORDS },
    Member { schema: "AccountView", name: "state", words: &AccountState::WORDS },
    Member { schema: "AccountView", name: "transport", words: &TransportChoice::WORDS },
    Member { schema: "AddAccount", name: "transport", words: &TransportChoice::WORDS },
    Member { schema: "AddDnsProvider", name: "kind", words: &DnsProviderKind::WORDS },
    Member { schema: "AttemptView", name: "result", words: &AttemptResult::WORDS },
    Member { schema: "AttemptView", name: "transport", words: &Transport::WORDS },
    Member { schema: "ChangeAccount", name: "state", words: &AccountState::WORDS },
    Member { schema: "ChangeAccount", name: "transport", words: &TransportChoice::WORDS },
    Member { schema: "ChangeView", name: "repair", words: &Repair::WORDS },
    Member { schema: "CredentialView", name: "lane", words: &Lane::WORDS },
    Member { schema: "EditCredential", name: "lane", words: &Lane::WORDS },
    Member { schema: "EventView", name: "source", words: &EventSource::WORDS },
    Member { schema: "FoundRecipientView", name: "state", words: &RecipientState::WORDS },
    Member { schema: "MessageView", name: "lane", words: &Lane::WORDS },
    Member { schema: "QueueEntry", name: "state", words: &SendState::WORDS },
    Member { schema: "RecipientView", name: "state", words: &RecipientState::WORDS },
    Member { schema: "RotationView", name: "step", words: &Step::WORDS },
    Member { schema: "SendView", name: "state", words: &SendState::WORDS },
    Member { schema: "MessageEventData", name: "state", words: &RecipientState::WORDS },
    Member { schema: "MessageEventData", name: "transport", words: &Transport::WORDS },
    Member { schema: "ServerEventData", name: "state", words: &["began", "ended"] },
    Member { schema: "WebhookView", name: "state", words: &WebhookState::WORDS },
];

/// The path of a list whose filter `state` has fixed words, and these words.
const FILTERS: [(&str, &[&str]); 2] =
    [("/v1/queue", &SendState::WORDS), ("/v1/messages", &RecipientState::WORDS)];

/// Lists the words of each member and each filter.
pub(super) fn complete(document: &mut Value) {
    for Member { schema, name, words } in MEMBERS {
        list(&mut document["components"]["schemas"][schema]["properties"][name], words);
    }
    for (path, words) in FILTERS {
        let parameters = document["paths"][path]["get"]["parameters"].as_array_mut();
        for parameter in parameters.into_iter().flatten().filter(|parameter| parameter["name"] == "state") {
            list(&mut parameter["schema"], words);
        }
    }
}

/// Lists words in a schema of text; a member that can be absent can be `null`, too.
fn list(schema: &mut Value, words: &[&str]) {
    let mut all: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    let is_nullable = schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    all.extend(is_nullable.then_some(Value::Null));
    schema["enum"] = all.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::document::openapi;

    #[test]
    fn each_member_with_fixed_words_lists_them() {
        for Member { schema, name, words } in MEMBERS {
            let member = &openapi()["components"]["schemas"][schema]["properties"][name];
            let listed = member["enum"].as_array().unwrap_or_else(|| panic!("{schema}.{name}: {member}"));
            assert!(words.iter().all(|word| listed.contains(&json!(word))), "{schema}.{name}: {member}");
            let is_nullable = member["type"].is_array();
            assert_eq!(listed.len(), words.len() + usize::from(is_nullable), "{schema}.{name}: {member}");
        }
        for (path, words) in FILTERS {
            let parameters = openapi()["paths"][path]["get"]["parameters"].as_array().unwrap();
            let state = parameters.iter().find(|parameter| parameter["name"] == "state").unwrap();
            let listed = state["schema"]["enum"].as_array().unwrap();
            assert!(words.iter().all(|word| listed.contains(&json!(word))), "{path}: {state}");
        }
    }

    #[test]
    fn the_document_has_every_member() {
        let document = serde_json::to_value(crate::api::all_routes().into_openapi()).unwrap();
        for Member { schema, name, .. } in MEMBERS {
            let member = &document["components"]["schemas"][schema]["properties"][name];
            assert!(member["type"].to_string().contains("string"), "{schema}.{name}: {member}");
        }
    }
}
