//! The table: what to do about each reply.

use model::refused::NO_TLS;

use crate::smtp::reason;

/// Code, words that are in the reply or in its reason, and what to do. The first that fits counts; the last of a code
/// has no words.
pub(crate) const TABLE: &[(&str, &str, &str)] = &[
    ("421 4.3.2", "Shutting down", "The server was shutting down: the client will try again."),
    (
        "421 4.3.2",
        "",
        "The server reached a limit: if this persists, raise `max_sessions` or `max_buffered_bytes` under [smtp].",
    ),
    (
        "421 4.4.2",
        "No login",
        "The client did not log in: configure a login in it, or find out what scans the port.",
    ),
    ("421 4.4.2", "", "The client was idle or slow for too long: nothing to do if it connects again."),
    (
        "421 4.7.0",
        "failed logins",
        "Its network is locked after wrong passwords: find the device there that sends them; `postern bans` lists locks, `postern bans lift NETWORK` lifts one.",
    ),
    (
        "421 4.7.0",
        "Too many connections",
        "The client opens too many connections at once: make it reuse them, or raise `max_sessions_per_network` under [smtp].",
    ),
    (
        "421 4.7.0",
        "Azure does not take",
        "The app's token has expired or its secret is no longer valid: the client must log in again.",
    ),
    ("421 4.7.0", "has changed", "Its credential was changed or removed: the client must connect again."),
    (
        "421 4.7.0",
        "Enough messages",
        "The session reached its limit of messages: the client will connect again.",
    ),
    ("421 4.7.0", "", "The client got too many refusals in one session: see the refusals before this one."),
    ("450 4.5.127", "", "Azure's rate limit is reached: wait, or ask Microsoft to raise it."),
    (
        "450 4.7.1",
        "",
        "The login exceeds its rate limit: `postern credential edit {login} --rate-per-minute NUMBER`, or `--no-rate`.",
    ),
    ("451 4.3.0", "received already", "The client sent one message twice at the same time: nothing to do."),
    ("451 4.3.0", "", "The server or Azure failed: see the log at that time."),
    ("451 4.3.2", "", "The account is disabled: `postern account enable NAME` enables it."),
    (
        "451 4.4.1",
        "",
        "Postern could not find out whether Azure's SMTP server accepts such an address: see the log.",
    ),
    ("452 4.3.1", "", "The server's disk is full: free space."),
    (
        "452 4.5.3",
        "",
        "The message has too many recipients: compliant clients send it again to the rest; see `max_recipients` under [smtp].",
    ),
    (
        "454 4.7.0",
        "postern credential unlock",
        "The login is locked after wrong passwords: correct the password in the device, then `postern credential unlock {login}`.",
    ),
    (
        "454 4.7.0",
        "Too many failed logins",
        "The login is locked after wrong passwords: `postern bans` lists locks, `postern bans lift` lifts one.",
    ),
    ("454 4.7.0", "", "Postern could not check the login with Entra: see the log."),
    ("500 5.5.1", "", "The client sent an unknown command: often harmless; see the refusals that follow."),
    (
        "500 5.5.2",
        "",
        "This is not a mail client, or it ends lines with a bare CR or LF: update or replace it.",
    ),
    ("500 5.5.6", "", "The client sent an overlong line: it is not a mail client, or it is broken."),
    (
        "501 5.1.3",
        "",
        "The recipient's address is malformed: correct it in the device, or `postern credential edit {login} --repair envelope`.",
    ),
    (
        "501 5.1.7",
        "",
        "MAIL FROM is malformed: `postern credential edit {login} --default-from ADDRESS`, or `--repair envelope`.",
    ),
    (
        "501 5.5.1",
        "",
        "The client, or something in between, sent data after STARTTLS: update it, or use port 465.",
    ),
    (
        "501 5.5.2",
        "",
        "The device's login cannot be decoded: enter user name and password again, and select PLAIN or LOGIN.",
    ),
    (
        "501 5.5.4",
        "",
        "The client's command is malformed: update the client; the reply shows the correct form.",
    ),
    ("501 5.7.0", "", "The client cancelled its login: enter user name and password in it."),
    ("502 5.5.1", "", "The client asked for a mailing list's members: nothing to do."),
    (
        "503 5.5.1",
        "not offered here",
        "This listener accepts no logins: switch off the login in the device, or use port 587 or 465.",
    ),
    ("503 5.5.1", "", "The command came out of sequence: usually it follows a refusal just before."),
    (
        "504 5.7.4",
        "",
        "The device uses an unsupported mechanism such as CRAM-MD5: select PLAIN or LOGIN in it, with TLS.",
    ),
    ("530 5.7.0", "STARTTLS", "The device sends without TLS: switch on STARTTLS in it."),
    (
        "530 5.7.0",
        "",
        "The device has no login configured: create one with `postern credential add` and enter it.",
    ),
    (
        "535 5.7.3",
        reason::UNKNOWN_LOGIN,
        "No credential has that login: correct it in the device (`postern credential list`), or create it with `postern credential add`.",
    ),
    (
        "535 5.7.3",
        reason::WRONG_NETWORK,
        "The login is not allowed from that network: `postern credential edit {login} --network NETWORK`, with one --network for each network.",
    ),
    (
        "535 5.7.3",
        reason::NO_PASSWORD,
        "{login} is a credential without login: switch off the login in the device, or create another with `postern credential add`.",
    ),
    (
        "535 5.7.3",
        reason::OTHER_TENANT,
        "The app's tenant is not allowed to log in: list it under [entra] `tenants`.",
    ),
    (
        "535 5.7.3",
        reason::UNKNOWN_SERVICE,
        "Postern does not know where the app's communication service is: list it under [entra.services].",
    ),
    (
        "535 5.7.3",
        reason::TOKEN_FOR_NOBODY,
        "The client sent a token with a user name that is not an app's: correct the name, or log in with a password.",
    ),
    (
        "535 5.7.3",
        reason::ENTRA_REFUSED,
        "The app's secret or token is wrong or has expired: give the client a new one; the log has Entra's code.",
    ),
    (
        "535 5.7.3",
        "",
        "The password is wrong: correct it in the device; `postern credential reset {login}` creates a new one.",
    ),
    (
        "538 5.7.11",
        "",
        "The device logs in without TLS: switch on STARTTLS in it, or use port 465 with SSL/TLS.",
    ),
    (
        "550 5.1.1",
        "suppression list",
        "Mail must not go to that recipient: `postern suppression explain ADDRESS` shows why, `postern suppression remove ADDRESS` allows it again.",
    ),
    ("550 5.1.1", "", "Mail to <Postmaster> has no recipient: set `postmaster` under [queue]."),
    (
        "550 5.1.7",
        "",
        "The domain is not linked to the account: correct the sender in the device, or `postern domain add`; for MAIL FROM only, `postern credential edit {login} --reverse-path DOMAIN`.",
    ),
    (
        "550 5.1.8",
        "",
        "The address is not a sender of the account: correct it in the device, or `postern sender add ADDRESS --account NAME`.",
    ),
    (
        "550 5.6.0",
        " From fields",
        "The program writes several header sections into one message, perhaps those of earlier mail with their recipients: fix the program.",
    ),
    (
        "550 5.6.0",
        "",
        "From cannot be parsed: `postern credential edit {login} --default-from ADDRESS`, or `--repair from`.",
    ),
    ("550 5.6.11", "NUL", "The message contains a NUL: the client must send files in base64."),
    (
        "550 5.6.11",
        "",
        "The client ends lines with a bare CR or LF: update it, or `postern credential edit {login} --repair line-ends`.",
    ),
    (
        "550 5.7.1",
        "No login is needed here",
        "No credential lists the client's network: `postern credential add NAME --no-login --network NETWORK`.",
    ),
    (
        "550 5.7.1",
        "",
        "The login may not use this sender: `postern credential edit {login} --sender ADDRESS`, which replaces its list.",
    ),
    (
        "552 5.3.4",
        "header section",
        "The header section is larger than 256 KiB: update or replace the client.",
    ),
    (
        "552 5.3.4",
        "",
        "The message is too large: send less, or raise `max_message_bytes` under [smtp] if Azure accepts more.",
    ),
    (
        "553 5.6.7",
        "",
        "The local part of the address is not ASCII, which the transport does not support: use another address.",
    ),
    ("554 5.4.6", "", "The message is in a mail loop: check its Received fields."),
    (
        "554 5.4.7",
        "",
        "The deadline of the message has passed: correct X-Postern-Deadline, or the clock of the client.",
    ),
    ("554 5.5.1", "recipient", "All recipients were refused: see the refusals just before."),
    ("554 5.5.1", "", "A web browser or a scanner spoke HTTP: nothing to do."),
    (
        "554 5.5.4",
        "",
        "X-Postern-Lane, X-Postern-Deadline or X-Postern-Send-At is not valid: the reply says what is; see queue.md.",
    ),
    (
        "554 5.6.0",
        "",
        "The message begins with a line that is not a header field: fix the script; an empty line must come before the text.",
    ),
    (
        "554 5.7.1",
        "",
        "The client's address is not in `networks` of that listener: add it there, or use another port.",
    ),
    ("555 5.5.4", "", "The client used an unsupported extension: switch it off in the client."),
    (
        NO_TLS,
        "TLS 1.2 or later",
        "The device does not support TLS 1.2: update it, or give it its own plain listener; see devices.md, Old devices.",
    ),
    (
        NO_TLS,
        "does not trust",
        "The device does not trust the server's certificate: install it there, or use one from a public CA.",
    ),
    (
        NO_TLS,
        "does not speak TLS",
        "The device sends without TLS to a port that requires it: select SSL/TLS in it, or port 587.",
    ),
    (
        NO_TLS,
        "signature scheme",
        "The device supports only RSA: add an RSA certificate, `second_certificate` under [tls].",
    ),
    (NO_TLS, "sent nothing", "A port scan or a health check: nothing to do."),
    (NO_TLS, "before it sent anything", "A port scan or a health check: nothing to do."),
    (NO_TLS, "", "The TLS handshake failed: see devices.md, Old devices."),
];
