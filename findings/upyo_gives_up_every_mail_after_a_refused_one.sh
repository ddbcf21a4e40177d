#!/bin/sh
# @upyo/smtp: one refused address in `sendMany`, and every mail after it is not sent either.
#
# `sendMany` keeps one connection for all its messages. After a refused RCPT it sends no RSET, which RFC 5321 section 4.1.1.5
# has for that, but QUIT, as if it had finished, and goes on with the connection that it has just closed: "Connection is no
# longer valid". No other is opened, so of a hundred mails whose third has an address that does not exist ninety-eight
# stay unsent, and a "try later" (451) does the same as a refusal for good. The pool, on by default, does not help. `send`
# in a loop sends all but the refused one.
#
# The receipts call all of these unsuccessful: whoever strikes such addresses off a list strikes off those that no server
# was asked about. The server, Postern too, sees one refusal and a QUIT.
#
# Needs node with npm, and network. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder" @upyo/core@0.4.0 @upyo/smtp@0.4.0 smtp-server@3.21.6
cat >send.mjs <<'JAVASCRIPT'
import { createMessage } from "@upyo/core";
import { SmtpTransport } from "@upyo/smtp";
import { SMTPServer } from "smtp-server";

let code = 550;
const server = new SMTPServer({
  authOptional: true, disabledCommands: ["STARTTLS"],
  onRcptTo: ({ address }, _, done) =>
    address.startsWith("third@") ? done(Object.assign(new Error("Not this one"), { responseCode: code })) : done(),
  onData: (stream, _, done) => stream.resume().on("end", done),
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const port = server.server.address().port;

const mails = ["first", "second", "third", "fourth", "fifth"].map((name) => createMessage({
  from: "news@example.com", to: `${name}@example.net`, subject: "News", content: { text: "Nothing new." },
}));
const outcome = (receipt) => receipt.successful ? "sent" : receipt.errorMessages.join();
const lost = "Connection is no longer valid";
let holds = true;
for (const [answer, pool] of [[550, true], [451, true], [550, false]]) {
  code = answer;
  const transport = new SmtpTransport({ host: "127.0.0.1", port, secure: false, pool });
  const together = [], apart = [];
  for await (const receipt of transport.sendMany(mails)) together.push(outcome(receipt));
  for (const mail of mails) apart.push(outcome(await transport.send(mail)));
  await transport.closeAllConnections();
  console.log(`${answer} for the third, ${pool ? "with" : "without"} pool`);
  console.log("  sendMany:", together.join(" | "));
  console.log("  send:    ", apart.join(" | "));
  const others = (list) => [0, 1, 3, 4].map((place) => list[place]).join("|");
  holds &&= others(together) === `sent|sent|${lost}|${lost}` && others(apart) === "sent|sent|sent|sent" &&
    together[2].startsWith("RCPT TO failed") && apart[2].startsWith("RCPT TO failed");
}
if (!holds) console.log("@upyo/smtp 0.4.0 behaves differently now");
process.exit(holds ? 0 : 1);
JAVASCRIPT
node send.mjs
