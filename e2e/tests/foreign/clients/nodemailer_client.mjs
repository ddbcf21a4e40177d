// nodemailer_client.mjs WHAT PORT starttls|tls LOGIN PASSWORD

import { createRequire } from "node:module";

const nodemailer = createRequire(`${process.env.PACKAGES}/`)("nodemailer");
const [what, port, security, user, pass] = process.argv.slice(2);

const from = "scanner@contoso.example";
const to = "a@example.com";
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";
const calendar = [
  "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Contoso//EN", "METHOD:REQUEST", "BEGIN:VEVENT", "UID:1@contoso.example",
  "DTSTAMP:20300101T000000Z", "DTSTART:20300102T090000Z", "SUMMARY:Review", "END:VEVENT", "END:VCALENDAR", "",
].join("\r\n");

const messages = {
  inline: [{
    from, to, subject: "A picture", text: "See the picture.",
    html: '<p>See <img src="cid:logo@contoso.example"></p>',
    attachments: [
      { filename: "logo.png", content: Buffer.from(pixel, "base64"), cid: "logo@contoso.example" },
      { filename: "Übersicht.csv", content: "a;ä\n" },
    ],
  }],
  utf8: [{ from, to: { name: "Łukasz, Dr.", address: to }, subject: "Żółć – 你好", text: "Hello." }],
  pool: Array.from({ length: 50 }, (_, number) => ({ from, to, subject: `Number ${number}`, text: "Hello." })),
  invitation: [{ from, to, subject: "Review", text: "Join us.", icalEvent: { method: "REQUEST", content: calendar } }],
  hidden: [{ from, to, bcc: "hidden@example.com", subject: "Hidden", text: "Hello." }],
}[what];

const transport = nodemailer.createTransport({
  host: "localhost",
  port: Number(port),
  secure: security === "tls",
  requireTLS: true,
  pool: what === "pool",
  maxConnections: 5,
  auth: { user, pass },
});
try {
  await Promise.all(messages.map((message) => transport.sendMail(message)));
} catch (error) {
  console.error(error.code, error.responseCode, error.message);
  process.exitCode = 1;
}
transport.close();
