//! The OpenAPI document of the management API in openapi-spec-validator.

use serde_json::Value;

use crate::context::{Context, Ended, client_tests};
use crate::tools::Client;

client_tests!(Client::OpenApi =>
    the_document_is_valid,
    a_document_that_is_not_valid_is_noticed,
);

async fn judged(context: &Context, document: &Value) -> Ended {
    let file = context.keep("openapi.json", &document.to_string()).display().to_string();
    context.run(Client::OpenApi, &["--schema", "3.1.0", &file], "").await
}

async fn the_document_is_valid(context: Context) {
    judged(&context, web::api::openapi()).await.expect(0);
}

async fn a_document_that_is_not_valid_is_noticed(context: Context) {
    let mut document = web::api::openapi().clone();
    document["paths"]["/v1/status"]["get"]["responses"]["200"]["description"] = Value::Null;
    judged(&context, &document).await.expect(1);
}
