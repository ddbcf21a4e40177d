-- SMTP usernames of communication services as Azure listed them last: what is typed, and the app whose secret is the
-- password.
CREATE TABLE smtp_username (
    account_id TEXT NOT NULL,
    service TEXT NOT NULL COLLATE NOCASE,
    username TEXT NOT NULL COLLATE NOCASE,
    client TEXT NOT NULL,
    tenant TEXT NOT NULL,
    PRIMARY KEY (account_id, service, username)
) STRICT, WITHOUT ROWID;
