-- What an account is to have at Azure.
CREATE TABLE estate (
    account_id TEXT PRIMARY KEY,
    resource_group TEXT NOT NULL,
    location TEXT NOT NULL,
    data_location TEXT NOT NULL,
    service TEXT NOT NULL,
    email_service TEXT NOT NULL,
    access INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE estate_domain (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    dns TEXT NOT NULL,
    tracking INTEGER NOT NULL,
    dmarc TEXT,
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- Addresses that nothing is sent to stand one a line.
CREATE TABLE estate_sender (
    account_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    display_name TEXT,
    suppressed TEXT NOT NULL,
    PRIMARY KEY (account_id, domain, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE estate_login (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    client TEXT,
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- Steps towards it: written down before the call and after it.
CREATE TABLE estate_step (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    problem TEXT,
    tries INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

-- Records in DNS that were written, to be taken back: only these, and only as they were written.
CREATE TABLE written_record (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    domain TEXT NOT NULL,
    way TEXT NOT NULL,
    zone TEXT NOT NULL,
    record_id TEXT,
    before TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, name, kind, value)
) STRICT, WITHOUT ROWID;

-- Where zones are written; the token is a secret.
CREATE TABLE dns_connection (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    ca_pem TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
