-- Processes that work on this store. A number is never used twice: what a process before has claimed shows by it.
-- `alive_until` is in milliseconds; with one process that locks the data directory it is far away.
CREATE TABLE node (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at INTEGER NOT NULL,
    alive_until INTEGER NOT NULL
) STRICT;

-- Locks by name. The epoch grows with every owner: work under an older one is refused.
CREATE TABLE lock (
    name TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    node INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Requests that a node may make against a limit until a time. What is left of a lease then counts as made at that time.
CREATE TABLE quota_lease (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    kind TEXT NOT NULL,
    node INTEGER NOT NULL,
    permits INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX quota_lease_of ON quota_lease (subscription, kind);

-- The change feed of the directory: of everything only its last change, in the order of their numbers.
CREATE TABLE change (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX change_in_order ON change (number);

CREATE TRIGGER account_insert_is_fed AFTER INSERT ON account
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('account', NEW.id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER account_update_is_fed AFTER UPDATE ON account
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('account', NEW.id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER account_delete_is_fed AFTER DELETE ON account
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('account', OLD.id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER credential_insert_is_fed AFTER INSERT ON credential
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('credential', NEW.id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER credential_update_is_fed AFTER UPDATE ON credential
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('credential', NEW.id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER credential_delete_is_fed AFTER DELETE ON credential
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('credential', OLD.id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER sender_insert_is_fed AFTER INSERT ON sender
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('senders', NEW.account_id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER sender_update_is_fed AFTER UPDATE ON sender
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('senders', NEW.account_id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER sender_delete_is_fed AFTER DELETE ON sender
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('senders', OLD.account_id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER smtp_username_insert_is_fed AFTER INSERT ON smtp_username
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('smtp_usernames', NEW.account_id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER smtp_username_update_is_fed AFTER UPDATE ON smtp_username
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('smtp_usernames', NEW.account_id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

CREATE TRIGGER smtp_username_delete_is_fed AFTER DELETE ON smtp_username
BEGIN
    INSERT INTO change (kind, subject, number)
    VALUES ('smtp_usernames', OLD.account_id, (SELECT coalesce(max(number), 0) + 1 FROM change))
    ON CONFLICT DO UPDATE SET number = excluded.number;
END;

-- Which process a send is claimed by. NULL in rows of before: nobody who lives.
ALTER TABLE send ADD COLUMN node INTEGER;
