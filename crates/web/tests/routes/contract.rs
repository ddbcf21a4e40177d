//! Every answer of these tests has to be as the OpenAPI document says, and so does every body that was accepted.

use serde_json::Value;

use crate::app::Answer;

/// What was asked.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a str,
}

/// Panics where request or answer are not as the document says.
pub(crate) fn must_hold(asked: &Asked<'_>, answer: &Answer) {
    let what = format!("{} {}: {} {}", asked.method, asked.path, answer.status, answer.text);
    let Some(operation) = operation(asked) else {
        assert!([404, 405].contains(&answer.status), "not in the document: {what}");
        return must_match(&schema_ref("Problem"), &answer.body, &what);
    };
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "the document has no such status: {what}");
    if (200..300).contains(&answer.status) && !asked.body.is_empty() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        // Some requests are made with a body that nobody reads.
        if schema.is_object() {
            must_match(schema, &serde_json::from_str(asked.body).unwrap(), &what);
        }
    }
    let Some(content) = response["content"].as_object() else {
        return assert_eq!(answer.text, "", "{what}");
    };
    let kind = answer.header("content-type").unwrap().split(';').next().unwrap();
    let schema = content.get(kind).unwrap_or_else(|| panic!("{kind} is not in the document: {what}"));
    let schema = &schema["schema"];
    match kind {
        "application/json" | "application/problem+json" => must_match(schema, &answer.body, &what),
        "application/x-ndjson" => {
            assert!(answer.text.ends_with('\n'), "{what}");
            for line in answer.text.lines() {
                must_match(schema, &serde_json::from_str(line).unwrap(), &what);
            }
        }
        _ => {}
    }
}

/// The operation that an address belongs to; one without parameters before one with.
fn operation(asked: &Asked<'_>) -> Option<&'static Value> {
    let path = asked.path.split('?').next().unwrap();
    let paths = web::api::openapi()["paths"].as_object().unwrap();
    let item = paths.get(path).or_else(|| {
        let mut fitting = paths.iter().filter(|(template, _)| fits(template, path));
        fitting.next().map(|(_, item)| item)
    });
    item?.get(asked.method.to_ascii_lowercase())
}

/// A parameter is a whole segment, or its beginning: `{name}/infrastructure:plan` has two segments.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(wanted, there)| wanted == there || wanted.starts_with('{'))
}

fn schema_ref(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn must_match(schema: &Value, value: &Value, what: &str) {
    let mut schema = schema.clone();
    schema["components"] = web::api::openapi()["components"].clone();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{what}");
}
