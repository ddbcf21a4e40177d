#!/bin/sh
# @azure/communication-email posts the same mail up to four times, and gives the server nothing to know it by.
#
# `beginSend` runs on a pipeline that repeats every request after a 5xx or a broken connection, POST included. A send that
# was taken while its answer was lost is therefore posted again as a new one: no Operation-Id, no Repeatability-Request-ID.
# Only `x-ms-client-request-id` stays the same, which is a header for logs. The caller sees one success. With
# `operationId` in the options all attempts carry that id, and a service that honours it sends once.
#
# Postern stores an Operation-Id before its own first attempt; an application that talks to Azure itself has to give one.
#
# Needs node with npm, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder" @azure/communication-email@1.1.0
cat >"$folder/send.mjs" <<'JAVASCRIPT'
import { createServer } from "node:http";
import { EmailClient } from "@azure/communication-email";

let posts = [];
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const answer = (status, body, headers = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    if (request.method === "GET") return answer(200, { id: "one", status: "Succeeded" });
    posts.push(request.headers);
    // The first is taken and the connection lost, the next two fail behind the gateway.
    if (posts.length === 1) return response.destroy();
    if (posts.length < 4) return answer(500, { error: { code: "InternalServerError", message: "later" } });
    return answer(202, { id: "one", status: "Running" }, {
      "operation-location": `${origin()}/emails/operations/one?api-version=2023-03-31`,
    });
  });
});
const origin = () => `http://127.0.0.1:${server.address().port}`;
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

const key = Buffer.from("not a real key, only 32 octets..").toString("base64");
const client = new EmailClient(origin(), { key }, { allowInsecureConnection: true });
const mail = {
  senderAddress: "app@example.com",
  content: { subject: "Bill 17", plainText: "Enclosed." },
  recipients: { to: [{ address: "customer@example.net" }] },
};

async function send(options) {
  posts = [];
  const { status } = await (await client.beginSend(mail, options)).pollUntilDone();
  const different = (name) => [...new Set(posts.map((headers) => headers[name] ?? "none"))];
  return {
    status, posts: posts.length,
    operation: different("operation-id"), repeatability: different("repeatability-request-id"),
    clientRequests: different("x-ms-client-request-id").length,
  };
}

const operationId = "0e4f2c1a-3b5d-4c6e-8f70-112233445566";
const [plain, named] = [await send(), await send({ operationId })];
console.log("without an id:", plain);
console.log("with an id:", named);
const holds = plain.status === "Succeeded" && plain.posts === 4 && plain.operation.join() === "none" &&
  plain.repeatability.join() === "none" && plain.clientRequests === 1 &&
  named.posts === 4 && named.operation.join() === operationId;
if (!holds) console.log("@azure/communication-email 1.1.0 behaves differently now");
process.exit(holds ? 0 : 1);
JAVASCRIPT
node "$folder/send.mjs"
