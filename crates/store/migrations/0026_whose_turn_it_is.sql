-- Waiting mail leaves by turns: the lowest number of a lane first. Mail that may not be sent before a time has its
-- number, too, and is not in the lane before that time.
ALTER TABLE send ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE send ADD COLUMN is_ready INTEGER NOT NULL DEFAULT 1;
-- When a message has no use any more, where its sender said so.
ALTER TABLE send ADD COLUMN deadline INTEGER;
-- When a message was to be sent, where its sender said so.
ALTER TABLE message ADD COLUMN send_at INTEGER;

-- The next number of a sender of whom much waits: none is below the highest that it has.
CREATE TABLE turn (
    account_id TEXT NOT NULL,
    lane INTEGER NOT NULL,
    sender TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (account_id, lane, sender)
) STRICT, WITHOUT ROWID;

-- Until now the longest waiting left first. What is due is found when mail is claimed.
UPDATE send SET turn = waiting.turn, is_ready = 0
FROM (SELECT message_id, part, row_number() OVER (PARTITION BY account_id, lane ORDER BY due_at) AS turn
      FROM send WHERE state = 'queued') AS waiting
WHERE waiting.message_id = send.message_id AND waiting.part = send.part;
INSERT INTO turn (account_id, lane, sender, next)
SELECT s.account_id, s.lane, m.header_from, max(s.turn) + 1 FROM send s JOIN message m ON m.id = s.message_id
WHERE s.state = 'queued' GROUP BY s.account_id, s.lane, m.header_from HAVING max(s.turn) > 64;

DROP INDEX send_due;
-- What is in a lane, by turn; behind the lanes what is in none yet, by its time.
CREATE INDEX send_waiting ON send (account_id, iif(is_ready, lane, 3), iif(is_ready, turn, due_at)) WHERE state = 'queued';
CREATE INDEX send_deadline ON send (account_id, deadline) WHERE state = 'queued' AND deadline IS NOT NULL;
