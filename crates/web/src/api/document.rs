//! The OpenAPI document. Paths, parameters and schemas come from the routes; the problems of each operation are added
//! here, because most of them follow from what an operation takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use api::problem::{Code, MEDIA_TYPE, Problem};
use api::webhook_events::WebhookPayload;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(super::all_routes().into_openapi()).unwrap_or_default();
    complete(&mut document);
    super::words::complete(&mut document);
    document
});

/// What the routes do not say.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Postern management API",
        description = "Served on a socket in the data directory, which only the server's own user can open. Lists are \
            pages with cursors, errors are problem documents (RFC 9457) with a stable `code`."
    ),
    servers((url = "/", description = "The socket in the data directory")),
    components(schemas(Problem, WebhookPayload))
)]
pub(super) struct Frame;

/// The OpenAPI 3.1 document of the management API.
#[must_use]
pub fn openapi() -> &'static Value {
    &DOCUMENT
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Show this document.
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "show_openapi", tag = "status",
    responses((status = 200, description = "The OpenAPI document", body = Value, content_type = "application/json")),
)]
async fn show() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi().to_string())
}

/// Adds the problems of each operation: those that follow from what it takes, and those that it lists.
fn complete(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for item in paths.values_mut() {
        let Some(operations) = item.as_object_mut() else { continue };
        for (method, operation) in operations {
            let Some(operation) = operation.as_object_mut() else { continue };
            let responses = problems(codes(method, operation));
            if let Some(all) = operation.get_mut("responses").and_then(Value::as_object_mut) {
                all.extend(responses);
            }
        }
    }
}

/// The codes of an operation's problems.
fn codes(method: &str, operation: &mut Map<String, Value>) -> BTreeSet<Code> {
    let mut codes = BTreeSet::from([Code::Forbidden, Code::Internal]);
    if operation.contains_key("requestBody") {
        codes.extend([Code::Malformed, Code::UnsupportedMediaType, Code::TooLarge, Code::Invalid]);
    }
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        codes.insert(Code::Invalid);
        if parameter["in"] == "path" {
            codes.insert(Code::Missing);
        }
    }
    if method != "get" {
        codes.insert(Code::Full);
    }
    let own = operation.remove("x-problems").unwrap_or_default();
    let words = own.as_array().into_iter().flatten().filter_map(Value::as_str);
    codes.extend(words.map(Code::from_word));
    codes
}

/// A response for each status, whose schema admits these codes and no others.
fn problems(codes: BTreeSet<Code>) -> Map<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        for status in code.statuses() {
            by_status.entry(*status).or_default().push(code);
        }
    }
    let response = |(status, codes): (u16, Vec<Code>)| {
        let sentences: Vec<String> =
            codes.iter().map(|code| format!("`{code}`: {}.", code.title())).collect();
        let schema = json!({
            "allOf": [{ "$ref": "#/components/schemas/Problem" }],
            "properties": { "code": { "enum": codes }, "status": { "const": status } },
        });
        let content = json!({ MEDIA_TYPE: { "schema": schema } });
        (status.to_string(), json!({ "description": sentences.join(" "), "content": content }))
    };
    by_status.into_iter().map(response).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations() -> impl Iterator<Item = (String, &'static Value)> {
        let paths = openapi()["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
    }

    #[test]
    fn each_operation_has_a_name_of_its_own_a_summary_and_problems() {
        assert!(openapi()["openapi"].as_str().unwrap().starts_with("3.1."));
        let mut names = BTreeSet::new();
        for (name, operation) in operations() {
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{name}");
            assert!(operation["summary"].as_str().unwrap().len() > 10, "{name}");
            assert!(operation["tags"][0].is_string(), "{name}");
            let problem = &operation["responses"]["500"]["content"][MEDIA_TYPE]["schema"]["properties"];
            assert_eq!(problem["code"]["enum"], json!(["internal"]), "{name}");
        }
        assert!(names.len() > 45, "{names:?}");
    }

    /// A misspelt code would be read as `conflict`.
    #[test]
    fn the_codes_that_operations_list_are_codes() {
        let bare = serde_json::to_value(crate::api::all_routes().into_openapi()).unwrap();
        let mut seen = 0;
        for operation in
            bare["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
        {
            for word in operation["x-problems"].as_array().into_iter().flatten() {
                let word = word.as_str().unwrap();
                assert_eq!(Code::from_word(word).as_str(), word);
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
    }

    #[test]
    fn secrets_are_described_as_what_is_only_written() {
        let token = &openapi()["components"]["schemas"]["AddDnsProvider"]["properties"]["token"];
        assert_eq!(
            (&token["type"], &token["format"], &token["writeOnly"]),
            (&json!("string"), &json!("password"), &json!(true))
        );
    }
}
