//! `/v1/accounts/{name}/export`.

use serde_json::json;

use crate::app::App;

#[tokio::test]
async fn what_an_account_is_to_have_is_written_in_each_form() {
    let app = App::start().await;
    let domain = json!({ "name": "fabrikam.example" });
    let added = app.post("/v1/accounts/contoso/domains", &domain).await;
    assert_eq!(added.status, 201, "{}", added.text);
    for (form, kind) in [
        ("bicep", "text/plain; charset=utf-8"),
        ("terraform", "text/plain; charset=utf-8"),
        ("csv", "text/csv; charset=utf-8; header=present"),
    ] {
        let text = app.get(&format!("/v1/accounts/contoso/export?form={form}")).await;
        assert_eq!((text.status, text.header("content-type")), (200, Some(kind)), "{form}: {}", text.text);
        assert!(form == "csv" || text.text.contains("fabrikam.example"), "{form}: {}", text.text);
    }
}

#[tokio::test]
async fn exports_that_cannot_be() {
    let app = App::start().await;
    for query in ["", "?form=", "?form=pulumi"] {
        let refused = app.get(&format!("/v1/accounts/contoso/export{query}")).await;
        assert_eq!(refused.error(), (422, "invalid", Some("form")), "{query}: {}", refused.text);
        assert!(refused.message().contains("bicep, terraform, csv"), "{query}: {}", refused.text);
    }
    let missing = app.get("/v1/accounts/fabrikam/export?form=csv").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
}
