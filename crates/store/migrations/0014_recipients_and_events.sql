-- Everybody a message goes to. `part` is the send that carries the recipient now; `position` is its place among all
-- recipients of the message and never changes. `state`, `status`, `text` and `at` are NULL while the recipient shares the
-- state of its send: most never have an outcome of their own.
CREATE TABLE recipient (
    message_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    part INTEGER NOT NULL,
    mailbox TEXT NOT NULL COLLATE NOCASE,
    notify TEXT,
    original_kind TEXT,
    original TEXT,
    state TEXT,
    status TEXT,
    text TEXT,
    at INTEGER,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;

-- Recipients were a JSON list in their send: an address, or an object with what was asked for it. Their places in the
-- message are not known any more; those in their parts are, and a part never has 65,536.
INSERT INTO recipient (message_id, position, part, mailbox, notify, original_kind, original)
SELECT s.message_id,
    s.part * 65536 + j.key,
    s.part,
    CASE j.type WHEN 'object' THEN json_extract(j.value, '$.to') ELSE j.value END,
    CASE j.type WHEN 'object' THEN json_extract(j.value, '$.notify') END,
    CASE j.type WHEN 'object' THEN json_extract(j.value, '$.original[0]') END,
    CASE j.type WHEN 'object' THEN json_extract(j.value, '$.original[1]') END
FROM send s, json_each(s.recipients) j;

-- The story of a message, append-only. An attempt of before is an event.
DROP INDEX attempt_reason;
ALTER TABLE attempt RENAME TO message_event;
ALTER TABLE message_event ADD COLUMN source TEXT NOT NULL DEFAULT 'attempt';
ALTER TABLE message_event ADD COLUMN position INTEGER;
CREATE INDEX message_event_reason ON message_event (reason, at) WHERE reason IS NOT NULL;

-- Counts are kept by the program now: one statement a transaction instead of one a row.
DROP TRIGGER send_is_counted;
DROP TRIGGER send_is_counted_anew;
DROP TRIGGER send_is_counted_no_more;

-- Whether a body is needed follows from the states of the sends.
ALTER TABLE message DROP COLUMN open_sends;
ALTER TABLE send DROP COLUMN recipients;

-- What messages are found by. A queue id begins with the time, so that acceptance needs no index.
CREATE INDEX recipient_mailbox ON recipient (mailbox);
CREATE INDEX send_operation ON send (operation_id);
CREATE INDEX message_message_id ON message (message_id) WHERE message_id <> '';
