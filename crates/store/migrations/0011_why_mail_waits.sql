-- Why a try was deferred or failed, in one word, where that concerns more than the message itself.
ALTER TABLE attempt ADD COLUMN reason TEXT;
CREATE INDEX attempt_reason ON attempt (reason, at) WHERE reason IS NOT NULL;

-- How many sends of each account are in each state. Kept, because counting them reads the whole table.
CREATE TABLE send_count (
    account_id TEXT NOT NULL,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (account_id, state)
) STRICT, WITHOUT ROWID;

INSERT INTO send_count (account_id, state, count)
SELECT account_id, state, count(*) FROM send GROUP BY account_id, state;

CREATE TRIGGER send_is_counted AFTER INSERT ON send
BEGIN
    INSERT INTO send_count (account_id, state, count) VALUES (NEW.account_id, NEW.state, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER send_is_counted_anew AFTER UPDATE OF state ON send WHEN OLD.state <> NEW.state
BEGIN
    UPDATE send_count SET count = count - 1 WHERE account_id = OLD.account_id AND state = OLD.state;
    INSERT INTO send_count (account_id, state, count) VALUES (NEW.account_id, NEW.state, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER send_is_counted_no_more AFTER DELETE ON send
BEGIN
    UPDATE send_count SET count = count - 1 WHERE account_id = OLD.account_id AND state = OLD.state;
END;
