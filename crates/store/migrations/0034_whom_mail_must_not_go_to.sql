-- Addresses that mail must not go to. `folded` is the address in one form, by which it is found; `address` is as it was
-- first written. `account_id` is empty where every account's mail is meant. `scope` is `all`, a domain, or a sender's
-- address. Numbers only grow and never come again, so that what is new is what is behind the last one that was seen.
CREATE TABLE suppression (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    folded TEXT NOT NULL,
    address TEXT NOT NULL,
    account_id TEXT NOT NULL DEFAULT '',
    scope TEXT NOT NULL DEFAULT 'all',
    reason TEXT NOT NULL,
    message_id TEXT,
    status TEXT,
    text TEXT NOT NULL DEFAULT '',
    reported_by TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL,
    reported_at INTEGER NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    expires_at INTEGER,
    UNIQUE (folded, account_id, scope)
) STRICT;

-- What has ended is forgotten some time later.
CREATE INDEX suppression_end ON suppression (expires_at) WHERE expires_at IS NOT NULL;
