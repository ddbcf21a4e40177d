-- Azure accounts that mail is sent through.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    tenant TEXT NOT NULL,
    client TEXT NOT NULL,
    subscription TEXT NOT NULL,
    cloud TEXT NOT NULL,
    service TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    authorization TEXT NOT NULL,
    transport TEXT NOT NULL,
    sends_per_minute INTEGER NOT NULL,
    sends_per_hour INTEGER NOT NULL,
    status_reads_per_minute INTEGER NOT NULL,
    status_reads_per_hour INTEGER NOT NULL,
    requests_at_once INTEGER NOT NULL,
    smtp_sessions INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Addresses that an account may send from.
CREATE TABLE sender (
    account_id TEXT NOT NULL REFERENCES account (id),
    mailbox TEXT NOT NULL,
    display_name TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, mailbox)
) STRICT, WITHOUT ROWID;

-- Logins of devices and applications.
CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    account_id TEXT NOT NULL REFERENCES account (id),
    password_hash TEXT NOT NULL,
    rules TEXT NOT NULL,
    rate_per_minute INTEGER,
    lane TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Secrets, sealed under the master key and bound to their row.
CREATE TABLE secret (
    owner TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    hint TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (owner, owner_id, name)
) STRICT, WITHOUT ROWID;

-- Accepted messages. The message itself is in the journal at (segment, position) while it is needed.
CREATE TABLE message (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    origin_name TEXT NOT NULL,
    lane TEXT NOT NULL,
    reverse_path TEXT NOT NULL,
    ret TEXT,
    envelope_id TEXT,
    header_from TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    size_octets INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    fingerprint BLOB,
    segment INTEGER NOT NULL,
    position INTEGER NOT NULL,
    open_sends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Requests to Azure: one for each message, or more where there are many recipients.
CREATE TABLE send (
    message_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    lane INTEGER NOT NULL,
    operation_id TEXT NOT NULL,
    recipients TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX send_due ON send (account_id, lane, due_at) WHERE state = 'queued';
CREATE INDEX send_leased ON send (due_at) WHERE state = 'sending';
CREATE INDEX send_unread ON send (account_id, due_at) WHERE state = 'submitted';

-- What was tried, try by try.
CREATE TABLE attempt (
    message_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    transport TEXT,
    result TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message_id, part, number)
) STRICT, WITHOUT ROWID;

-- How far each segment of the journal has been entered above, and how many of its messages are needed.
CREATE TABLE segment (
    number INTEGER PRIMARY KEY,
    entered_to INTEGER NOT NULL,
    sealed_at INTEGER,
    records INTEGER NOT NULL,
    needed INTEGER NOT NULL
) STRICT;

-- Requests that Azure has counted, by subscription and by kind, in slots of time.
CREATE TABLE usage (
    subscription TEXT NOT NULL,
    kind TEXT NOT NULL,
    slot_seconds INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (subscription, kind, slot_seconds, slot)
) STRICT, WITHOUT ROWID;
