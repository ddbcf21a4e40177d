-- Endpoints of web hooks. `kinds` are words with spaces between them; `batch` is NULL where a request has one event.
-- What was delivered last is `row` and `entry` in the feed.
CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    account_id TEXT,
    batch INTEGER,
    reach TEXT NOT NULL,
    ca_pem TEXT,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    row INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    delivered_at INTEGER
) STRICT, WITHOUT ROWID;

-- What endpoints may be told: a row for each transaction in which something happened that an endpoint wants, while there
-- is one. An entry has 23 bytes: what it is, the message's id, the part and the number of the event, or the position of
-- the recipient. The rows of the message say the rest.
CREATE TABLE webhook_feed (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    entries BLOB NOT NULL
) STRICT;
CREATE INDEX webhook_feed_by_time ON webhook_feed (at);

-- Problems that began or ended: the only entry of their row of the feed.
CREATE TABLE webhook_notice (
    feed INTEGER PRIMARY KEY,
    account_id TEXT,
    account TEXT,
    code TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;

-- The request that an endpoint has not accepted yet: events behind `from_`, up to `to_`. It is written down before the
-- first byte goes out, so that it has the same events and the same id in each try.
CREATE TABLE webhook_request (
    webhook_id TEXT PRIMARY KEY,
    replay INTEGER,
    from_row INTEGER NOT NULL,
    from_entry INTEGER NOT NULL,
    to_row INTEGER NOT NULL,
    to_entry INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    first_at INTEGER,
    due_at INTEGER NOT NULL,
    problem TEXT
) STRICT, WITHOUT ROWID;

-- What was given up.
CREATE TABLE webhook_dead_letter (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL,
    from_row INTEGER NOT NULL,
    from_entry INTEGER NOT NULL,
    to_row INTEGER NOT NULL,
    to_entry INTEGER NOT NULL,
    events INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    at INTEGER NOT NULL,
    problem TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_dead_letter_of ON webhook_dead_letter (webhook_id, number);

-- What is delivered again, before what is new. `is_whole`: as one request, as it was given up.
CREATE TABLE webhook_replay (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL,
    from_row INTEGER NOT NULL,
    from_entry INTEGER NOT NULL,
    to_row INTEGER NOT NULL,
    to_entry INTEGER NOT NULL,
    is_whole INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_replay_of ON webhook_replay (webhook_id, number);
