//! The Azure CLI alone: from no resource group to a sender, as Azure's own pages say it.

use crate::adopting::{DOMAIN, EMAIL_SERVICE, GROUP, SERVICE, make_due_now, must_be_adopted};
use crate::azure_cli::{az, log_in};
use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::AzureCli => makes_what_postern_adopts);

/// The four records that Azure demands, read where it says them and written by `az network dns`.
const RECORDS: &str = r#"
wanted() { az resource show --ids "$DOMAIN_ID" --query "properties.verificationRecords.$1" --output tsv; }
az network dns zone create --resource-group "$GROUP" --name "$DOMAIN" --output none
for part in Domain SPF; do
  az network dns record-set txt add-record --resource-group "$GROUP" --zone-name "$DOMAIN" \
    --record-set-name @ --value "$(wanted $part.value)" --output none
done
for part in DKIM DKIM2; do
  az network dns record-set cname set-record --resource-group "$GROUP" --zone-name "$DOMAIN" \
    --record-set-name "$(wanted $part.name)" --cname "$(wanted $part.value)" --ttl 3600 --output none
done
az network dns record-set list --resource-group "$GROUP" --zone-name "$DOMAIN" \
  --query "[].join(' ', [name, type])" --output tsv
"#;

/// Begins each part and waits for it: the command is done long before the verification is.
const VERIFICATION: &str = r#"
for part in Domain SPF DKIM DKIM2; do
  az resource invoke-action --action initiateVerification --ids "$DOMAIN_ID" \
    --request-body "{\"verificationType\":\"$part\"}" --output none
  az resource wait --ids "$DOMAIN_ID" --interval 1 --timeout 60 \
    --custom "properties.verificationStates.$part.status=='Verified'"
done
az resource show --ids "$DOMAIN_ID" --query "properties.verificationStates.*.status" --output tsv
"#;

const LINK_AND_SENDER: &str = r#"
az resource create --id "$SERVICE_ID" --location global --properties '{"dataLocation":"Europe"}' --output none
az rest --method PATCH --url "$SERVICE_ID?api-version=2025-09-01" --output none \
  --body "{\"properties\":{\"linkedDomains\":[\"$DOMAIN_ID\"]}}"
az rest --method PUT --url "$DOMAIN_ID/senderUsernames/alerts?api-version=2023-04-01" --output none \
  --body '{"properties":{"username":"alerts","displayName":"Litware alerts"}}'
az rest --method GET --url "$DOMAIN_ID/senderUsernames?api-version=2023-04-01" \
  --query "value[].name" --output tsv
az rest --method PUT --url "$SERVICE_ID/smtpUsernames/printer?api-version=2024-09-01-preview" --body \
  "{\"properties\":{\"username\":\"printer@$DOMAIN\",\"entraApplicationId\":\"$CLIENT\",\"tenantId\":\"$TENANT\"}}" \
  --query "properties.username" --output tsv
az resource show --ids "$SERVICE_ID" --query "properties.provisioningState" --output tsv
"#;

async fn makes_what_postern_adopts(context: Context) {
    log_in(&context).await;
    make_due_now(&context);
    let ready = context.world.twin.ready().clone();
    let base = format!(
        "/subscriptions/{}/resourceGroups/{GROUP}/providers/Microsoft.Communication",
        ready.subscription_id
    );
    let names = format!(
        "GROUP={GROUP} DOMAIN={DOMAIN} CLIENT={} TENANT={}\nEMAIL_ID={base}/emailServices/{EMAIL_SERVICE}\n\
         DOMAIN_ID=$EMAIL_ID/domains/{DOMAIN}\nSERVICE_ID={base}/communicationServices/{SERVICE}\n",
        ready.client_id, ready.tenant_id
    );
    let typed = async |commands: &str| az(&context, &[names.clone(), commands.to_owned()]).await;
    let made = typed(
        r#"az group create --name "$GROUP" --location westeurope --output none
az resource create --id "$EMAIL_ID" --location global --properties '{"dataLocation":"Europe"}' --output none
az resource create --id "$DOMAIN_ID" --location global --query properties.provisioningState --output tsv \
  --properties '{"domainManagement":"CustomerManaged"}'"#,
    );
    assert_eq!(made.await, "Succeeded\n");
    let sets = typed(RECORDS).await;
    assert_eq!(sets.matches("Microsoft.Network/dnszones/").count(), 5, "{sets}");
    let states = typed(VERIFICATION).await;
    assert_eq!(states.matches("Verified").count(), 4, "{states}");
    let rest = typed(LINK_AND_SENDER).await;
    assert_eq!(rest, format!("donotreply\nalerts\nprinter@{DOMAIN}\nSucceeded\n"));
    must_be_adopted(&context).await;
}
