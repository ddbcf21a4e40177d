//! Who may look at an infrastructure and who may change it, method by method.

use std::collections::BTreeSet;

use api::domains::SenderRow;
use api::infrastructure::adopted::Adopt;
use api::infrastructure::manifest::{DomainManifest, Manifest};
use control::Control;
use e2e::World;
use model::caller::{AccountScope, Caller, Identity, Role};
use model::fault::Fault;
use model::id::AccountId;
use provisioning::{Aim, ApplyError, ApplyRequest, BadRows, ExportForm, NewDomain};

const ACCOUNT: &str = "contoso";
const DOMAIN: &str = "northwind.example";
const SENDER: &str = "scanner@northwind.example";

fn code<T>(result: Result<T, Fault>) -> String {
    result.map_or_else(|fault| fault.code().to_owned(), |_| "ok".to_owned())
}

fn applied<T>(result: Result<T, ApplyError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(ApplyError::PlanChanged(_)) => "plan_changed".to_owned(),
        Err(ApplyError::Fault(fault)) => fault.code().to_owned(),
    }
}

/// What every read of provisioning answers.
async fn reads(control: &Control) -> Vec<(&'static str, String)> {
    let own = [DOMAIN.to_owned()];
    vec![
        ("infrastructure", code(control.provisioning().infrastructure(ACCOUNT).await)),
        ("plan", code(control.provisioning().plan(ACCOUNT, &[], None).await)),
        ("plan of a manifest", code(control.provisioning().plan(ACCOUNT, &[], Some(manifest())).await)),
        ("plan_destruction", code(control.provisioning().plan_destruction(ACCOUNT, &own).await)),
        ("domain_status", code(control.provisioning().domain_status(ACCOUNT, DOMAIN).await)),
        ("domain_statuses", code(control.provisioning().domain_statuses(ACCOUNT).await)),
        ("export", code(control.provisioning().export(ACCOUNT, ExportForm::Bicep).await)),
    ]
}

/// What every change answers. Nobody approved these plans, so that even a caller who may apply changes nothing at Azure.
async fn changes(control: &Control) -> Vec<(&'static str, String)> {
    let request = |aim| ApplyRequest { plan: "of nobody".to_owned(), targets: Vec::new(), aim };
    let row = SenderRow {
        line: 1,
        domain: DOMAIN.to_owned(),
        username: "scanner".to_owned(),
        display_name: None,
        ..SenderRow::default()
    };
    vec![
        ("set_infrastructure", code(control.provisioning().set_infrastructure(ACCOUNT, manifest()).await)),
        ("add_domain", code(control.provisioning().add_domain(ACCOUNT, new_domain()).await)),
        (
            "add_desired_senders",
            code(control.provisioning().add_desired_senders(ACCOUNT, &[row], BadRows::RejectAll).await),
        ),
        ("forget_sender", code(control.provisioning().forget_sender(ACCOUNT, SENDER).await)),
        ("restore_spf", code(control.provisioning().restore_spf(ACCOUNT, DOMAIN).await)),
        ("begin_apply", applied(control.provisioning().begin_apply(ACCOUNT, request(Aim::Desired)).await)),
        ("apply", applied(control.provisioning().apply(ACCOUNT, request(Aim::Desired), None).await)),
        ("destroy", applied(control.provisioning().apply(ACCOUNT, request(Aim::Destroyed), None).await)),
        ("reconcile", code(control.provisioning().reconcile(ACCOUNT).await)),
        ("adopt", code(control.provisioning().adopt(ACCOUNT, &Adopt::default()).await)),
    ]
}

fn manifest() -> Manifest {
    Manifest {
        resource_group: Some("mail".into()),
        email_service: Some("contoso-email".into()),
        domain: [(DOMAIN.to_owned(), DomainManifest::default())].into(),
        ..Manifest::default()
    }
}

fn new_domain() -> NewDomain {
    NewDomain { name: DOMAIN.to_owned(), ..NewDomain::default() }
}

#[tokio::test]
async fn a_viewer_reads_and_an_account_out_of_scope_does_not_exist() {
    let world = World::start().await;
    let control = world.control();
    control.provisioning().set_infrastructure(ACCOUNT, manifest()).await.unwrap();
    let own = control.account(ACCOUNT).unwrap().id;
    let by = |role, account: AccountId| {
        let identity = Identity { who: "ada".to_owned(), origin: "a test".to_owned() };
        control.by(Caller { identity, role, accounts: AccountScope::Only(BTreeSet::from([account])) })
    };
    let others = AccountId::from_bytes([9; 16]);
    for (caller, on_reads, on_changes) in [
        (by(Role::Metrics, own), "forbidden", "forbidden"),
        (by(Role::Viewer, own), "ok", "forbidden"),
        (by(Role::Viewer, others), "missing", "missing"),
        (by(Role::Owner, others), "missing", "missing"),
    ] {
        let role = caller.caller().role;
        for (method, code) in world.drive(reads(&caller)).await {
            assert_eq!(code, on_reads, "{role} reads {method}");
        }
        for (method, code) in Box::pin(world.drive(changes(&caller))).await {
            assert_eq!(code, on_changes, "{role} changes {method}");
        }
    }
    let audit = world.get("/v1/audit").await.to_string();
    assert!(!audit.contains("ada"), "an entry of what was not allowed: {audit}");

    let operator = by(Role::Operator, own);
    for (method, code) in Box::pin(world.drive(changes(&operator))).await {
        let expected = match method {
            "begin_apply" | "apply" | "destroy" => "plan_changed",
            // It did not end in `~all` before.
            "restore_spf" => "invalid",
            _ => "ok",
        };
        assert_eq!(code, expected, "an operator changes {method}");
    }
    world.finish().await;
}
