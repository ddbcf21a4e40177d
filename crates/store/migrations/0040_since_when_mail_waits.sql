-- Since when a send waits, where that is not the time in its message's id: its sender wanted it to be sent later.
ALTER TABLE send ADD COLUMN waits_since INTEGER;
UPDATE send SET waits_since = (SELECT coalesce(send_at, accepted_at) FROM message WHERE message.id = send.message_id)
WHERE state = 'queued' OR state = 'sending';

-- How many sends of a lane wait or are under way, by the minute since which they wait, counted from 1970. Each transaction
-- adds what it has changed; minutes without any have no row.
CREATE TABLE send_waiting_count (
    account_id TEXT NOT NULL,
    lane INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (account_id, lane, minute)
) STRICT, WITHOUT ROWID;
INSERT INTO send_waiting_count (account_id, lane, minute, count)
SELECT account_id, lane, coalesce(waits_since, 0) / 60000, count(*) FROM send
WHERE state = 'queued' OR state = 'sending' GROUP BY 1, 2, 3;
