// Verifies requests with standardwebhooks, and sees that each altered one is refused.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

function refused(secret, body, headers) {
  assert.throws(() => new Webhook(secret).verify(body, headers), WebhookVerificationError);
}

const requests = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { body, headers, secrets } of requests) {
  for (const secret of secrets) {
    assert.deepStrictEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
    refused(secret, body.replaceAll("contoso", "c0ntoso"), headers);
    refused(secret, body, { ...headers, "webhook-id": `${headers["webhook-id"]}1` });
    const later = `${Number(headers["webhook-timestamp"]) + 1}`;
    refused(secret, body, { ...headers, "webhook-timestamp": later });
    for (const field of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
      refused(secret, body, Object.fromEntries(Object.entries(headers).filter(([name]) => name !== field)));
    }
  }
  refused(`whsec_${"A".repeat(43)}=`, body, headers);
}
console.log(`${requests.length} requests verified`);
