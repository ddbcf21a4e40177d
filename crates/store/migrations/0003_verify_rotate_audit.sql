-- An account can be kept without being used. No service chosen yet is an empty name.
ALTER TABLE account ADD COLUMN state TEXT NOT NULL DEFAULT 'enabled';

-- What Entra calls a client secret, so that exactly this one can be taken away.
ALTER TABLE secret ADD COLUMN entra_key_id TEXT;

-- What the last look at an account found.
CREATE TABLE verification (
    account_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A rotation of an account's client secret that is under way, or the last one.
CREATE TABLE rotation (
    account_id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    step TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    wanted_until INTEGER NOT NULL,
    new_key_id TEXT,
    old_key_id TEXT,
    remove_at INTEGER,
    problem TEXT
) STRICT, WITHOUT ROWID;

-- When Azure said that there was too much, and how much it had been asked by then.
CREATE TABLE throttled (
    subscription TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    in_minute INTEGER NOT NULL,
    in_hour INTEGER NOT NULL,
    PRIMARY KEY (subscription, kind, at)
) STRICT, WITHOUT ROWID;

-- Who changed what. Rows are added and stay.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
