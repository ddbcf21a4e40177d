//! Azure's published specification of `Microsoft.Communication`, read as JSON Schema.
//!
//! The converter knows what this specification uses, and refuses the rest. Members that a schema does not name are
//! not allowed, although OpenAPI would allow them: a misspelt one must not pass.

use std::path::Path;

use serde_json::{Map, Value, json};

const FILE: &str = "../shared/azure/spec/microsoft-communication/2026-03-18/openapi.json";

/// The whole document.
pub(super) struct Spec(Value);

/// One operation of it.
pub(super) struct Operation {
    pub(super) method: String,
    /// The path, with braces where names stand.
    pub(super) path: String,
    pub(super) responses: Value,
}

impl Spec {
    /// The copy that lies beside the project.
    pub(super) fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FILE);
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self(serde_json::from_slice(&bytes).unwrap())
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let of_path = |(path, methods): (&String, &Value)| -> Vec<Operation> {
            let methods = methods.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters");
            methods
                .map(|(method, operation)| Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    responses: operation["responses"].clone(),
                })
                .collect()
        };
        paths.flat_map(of_path).collect()
    }

    /// The operation that a request is.
    pub(super) fn find(&self, method: &str, path: &str) -> Operation {
        let is_it = |one: &Operation| {
            let (wanted, asked): (Vec<&str>, Vec<&str>) =
                (one.path.split('/').collect(), path.split('/').collect());
            let fits = |(wanted, asked): (&&str, &&str)| {
                wanted.starts_with('{') || wanted.eq_ignore_ascii_case(asked)
            };
            one.method == method && wanted.len() == asked.len() && wanted.iter().zip(asked.iter()).all(fits)
        };
        let found = self.operations().into_iter().find(is_it);
        found.unwrap_or_else(|| panic!("{method} {path} is not in the specification"))
    }

    /// A schema of the document as JSON Schema, with everything that it leads to.
    pub(super) fn schema(&self, node: &Value) -> Value {
        if let Some(reference) = node["$ref"].as_str() {
            return self.schema(&self.resolve(reference));
        }
        let mut schema = Map::new();
        for (key, value) in node.as_object().unwrap() {
            match key.as_str() {
                "type" | "format" | "enum" => drop(schema.insert(key.clone(), value.clone())),
                "items" => drop(schema.insert(key.clone(), self.schema(value))),
                "additionalProperties" if value.is_object() => {
                    schema.insert(key.clone(), self.schema(value));
                }
                "properties" => {
                    let own = value.as_object().unwrap().iter();
                    for (name, value) in own {
                        member(&mut schema, "properties", json!({ name: self.schema(value) }));
                    }
                }
                "required" => member(&mut schema, "required", value.clone()),
                // What is inherited is as good as its own.
                "allOf" => {
                    for part in value.as_array().unwrap() {
                        let part = self.schema(part);
                        for key in ["properties", "required"] {
                            part.get(key).into_iter().for_each(|more| member(&mut schema, key, more.clone()));
                        }
                    }
                }
                // Every answer is read, and a reader may see what is read-only.
                "description" | "readOnly" | "nullable" | "x-nullable" => {}
                other if other.starts_with("x-ms-") => {}
                other => panic!("what {other} means has to be said here"),
            }
        }
        if schema.contains_key("properties") && !schema.contains_key("additionalProperties") {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        if [&node["nullable"], &node["x-nullable"]].contains(&&json!(true)) {
            return json!({ "anyOf": [schema, { "type": "null" }] });
        }
        schema.into()
    }

    fn resolve(&self, reference: &str) -> Value {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let found =
            if reference.starts_with('#') { self.0["definitions"][name].clone() } else { shared(name) };
        assert!(found.is_object(), "{reference} leads nowhere");
        found
    }
}

/// Adds members to an object, or words to a list.
fn member(schema: &mut Map<String, Value>, key: &str, more: Value) {
    match (schema.get_mut(key), more) {
        (None, more) => drop(schema.insert(key.to_owned(), more)),
        (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
        (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
        _ => panic!("{key} has two forms"),
    }
}

/// What all resource providers share, which is not part of the copy: the shapes of common-types, version 6, as far as
/// they are used here.
fn shared(name: &str) -> Value {
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "format": "date-time" });
    let who = json!({ "type": "string", "enum": ["User", "Application", "ManagedIdentity", "Key"] });
    let resource = json!({
        "id": text, "name": text, "type": text,
        "systemData": { "type": "object", "properties": {
            "createdBy": text, "createdByType": who, "createdAt": time,
            "lastModifiedBy": text, "lastModifiedByType": who, "lastModifiedAt": time,
        } },
    });
    match name {
        "ProxyResource" => json!({ "type": "object", "properties": resource }),
        "TrackedResource" => {
            let mut properties = resource;
            properties["tags"] = json!({ "type": "object", "additionalProperties": text });
            properties["location"] = text;
            json!({ "type": "object", "properties": properties, "required": ["location"] })
        }
        "ManagedServiceIdentity" => json!({
            "type": "object", "required": ["type"],
            "properties": { "type": text, "principalId": text, "tenantId": text },
        }),
        "PublicNetworkAccess" => json!({ "enum": ["Enabled", "Disabled", "SecuredByPerimeter"] }),
        "CheckNameAvailabilityResponse" => json!({ "type": "object", "properties": {
            "nameAvailable": { "type": "boolean" },
            "reason": { "enum": ["Invalid", "AlreadyExists"] },
            "message": text,
        } }),
        "OperationListResult" => {
            let shown = json!({ "provider": text, "resource": text, "operation": text, "description": text });
            let operation = json!({
                "name": text, "isDataAction": { "type": "boolean" }, "origin": text, "actionType": text,
                "display": { "type": "object", "properties": shown },
            });
            let operations =
                json!({ "type": "array", "items": { "type": "object", "properties": operation } });
            json!({ "type": "object", "properties": { "value": operations, "nextLink": text } })
        }
        "ErrorResponse" => {
            let error = json!({ "code": text, "message": text, "target": text });
            let error = json!({ "type": "object", "properties": error, "required": ["code", "message"] });
            json!({ "type": "object", "properties": { "error": error }, "required": ["error"] })
        }
        _ => Value::Null,
    }
}
