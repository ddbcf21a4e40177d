// arm_communication_client.mjs URL TENANT CLIENT SECRET SUBSCRIPTION GROUP DOMAIN EMAIL_SERVICE SERVICE INSPECT_URL

import { createRequire } from "node:module";

const packages = createRequire(`${process.env.PACKAGES}/`);
const { ClientSecretCredential } = packages("@azure/identity");
const { CommunicationServiceManagementClient } = packages("@azure/arm-communication");
const [url, tenant, app, secret, subscription, group, domain, emailService, service, inspect] = process.argv.slice(2);

const credential = new ClientSecretCredential(tenant, app, secret, { authorityHost: url, disableInstanceDiscovery: true });
const client = new CommunicationServiceManagementClient(credential, subscription, { endpoint: url });
const here = [group, emailService, domain];
const quick = { updateIntervalInMs: 200 };

async function put(address, body, headers = {}) {
  const request = { method: "PUT", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
  const answer = await fetch(address, request);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
}

async function refused(what, call) {
  try {
    await call();
    console.log(what, "was allowed");
  } catch (error) {
    console.log(what, error.statusCode, error.code);
  }
}

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one.name);
  return found.join(" ");
}

// A group, an email service and a domain in it.
const { token } = await credential.getToken(`${url}/.default`);
const groups = `${url}/subscriptions/${subscription}/resourcegroups`;
await put(`${groups}/${group}?api-version=2024-11-01`, { location: "westeurope" }, { Authorization: `Bearer ${token}` });
const europe = { location: "global", dataLocation: "Europe" };
const email = await client.emailServices.beginCreateOrUpdateAndWait(group, emailService, europe, quick);
console.log("email service", email.provisioningState, email.dataLocation);
const custom = { location: "global", domainManagement: "CustomerManaged" };
const made = await client.domains.beginCreateOrUpdateAndWait(...here, custom, quick);
console.log("domain", made.provisioningState, made.fromSenderDomain, made.verificationStates.dkim2.status);

// What the domain needs, written by hand.
await put(`${inspect}/api/zones/${domain}`);
const { domain: owner, spf, dkim, dkim2 } = made.verificationRecords;
for (const { type: kind, name, value } of [owner, spf, dkim, dkim2]) {
  await put(`${inspect}/api/zones/${domain}/records`, { kind, name, value });
}

// Its verification, part by part: the operation is done before the verification is.
for (const [part, member] of [["Domain", "domain"], ["SPF", "spf"], ["DKIM", "dkim"], ["DKIM2", "dkim2"]]) {
  await client.domains.beginInitiateVerificationAndWait(...here, { verificationType: part }, quick);
  let state;
  do {
    await new Promise((resolve) => setTimeout(resolve, 300));
    state = (await client.domains.get(...here)).verificationStates[member].status;
  } while (state === "VerificationInProgress");
  console.log(part, state);
}

// A communication service, linked, with its senders and logins.
const services = client.communicationServices;
const name = { name: service, type: "Microsoft.Communication/CommunicationServices" };
console.log("free", (await services.checkNameAvailability(name)).nameAvailable);
const mail = await services.beginCreateOrUpdateAndWait(group, service, europe, quick);
console.log("service", mail.provisioningState, mail.hostName.length > 0);
const linkedDomains = [made.id];
await refused("linked", () => services.update(group, service, { linkedDomains: [`${made.id}x`] }));
console.log("linked", (await services.update(group, service, { linkedDomains })).linkedDomains.length);
const keys = await services.listKeys(group, service);
const again = await services.regenerateKey(group, service, { keyType: "Secondary" });
// Azure answers with the one pair that was made anew.
const after = await services.listKeys(group, service);
const isNew = again.primaryKey === undefined && after.secondaryKey === again.secondaryKey;
console.log("keys", keys.primaryKey === after.primaryKey, isNew && keys.secondaryKey !== again.secondaryKey);
const sender = { username: "alerts", displayName: "Litware alerts" };
console.log("sender", (await client.senderUsernames.createOrUpdate(...here, "alerts", sender)).displayName);
console.log("senders", await all(client.senderUsernames.listByDomains(...here)));
const login = { username: `printer@${domain}`, entraApplicationId: app, tenantId: tenant };
console.log("login", (await client.smtpUsernames.createOrUpdate(group, service, "printer", login)).username);
console.log("logins", await all(client.smtpUsernames.list(group, service)));

// Suppression lists come and go.
const { suppressionLists: lists, suppressionListAddresses: addresses } = client;
console.log("list", (await lists.createOrUpdate(...here, "all", { listName: "" })).listName === "");
const person = { email: "gone@example.com", lastName: "Gone" };
const kept = await addresses.createOrUpdate(...here, "all", "one", person);
console.log("address", kept.email, kept.lastName, kept.lastModified instanceof Date);
console.log("addresses", await all(addresses.list(...here, "all")), await all(lists.listByDomain(...here)));
await addresses.delete(...here, "all", "one");
await lists.delete(...here, "all");
await refused("deleted", () => client.domains.beginDeleteAndWait(...here, quick));
console.log("domains", await all(client.domains.listByEmailServiceResource(group, emailService)));
console.log("services", await all(services.listByResourceGroup(group)));
