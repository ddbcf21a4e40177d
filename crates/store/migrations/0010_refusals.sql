-- What clients were refused, the last of it: the server keeps it in memory and writes it here in the background. `number`
-- is the server's own; times are those of the first and the last of `count` refusals of a kind. `credential` is what the
-- client had proved, `login` what it claimed.
CREATE TABLE refusal (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    count INTEGER NOT NULL,
    peer TEXT NOT NULL,
    login TEXT,
    credential TEXT,
    sender TEXT,
    code TEXT NOT NULL,
    reply TEXT NOT NULL,
    reason TEXT,
    message_id TEXT,
    tls TEXT
) STRICT;
