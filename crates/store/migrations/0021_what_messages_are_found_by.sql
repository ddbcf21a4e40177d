-- What messages are found by, behind the intake. A term is the hash of an address, a domain, a Message-ID and so on;
-- `src/sqlite/queue/search/terms.rs` has the list. Queue ids are in their 16 bytes here, which sort as their texts do.
--
-- Terms of messages that were entered since the last run was written, a row for each transaction: `entries` has the id of
-- each message, the number of its terms in four bytes, and its terms.
CREATE TABLE message_index_tail (
    number INTEGER PRIMARY KEY,
    messages INTEGER NOT NULL,
    first BLOB NOT NULL,
    last BLOB NOT NULL,
    entries BLOB NOT NULL
) STRICT;

-- Some thousand messages whose terms were written together, in order; the smallest and the largest of their ids.
CREATE TABLE message_index_run (
    number INTEGER PRIMARY KEY,
    first BLOB NOT NULL,
    last BLOB NOT NULL
) STRICT;

-- The terms of a run, each with the id of a message, sorted and cut into pieces. `term` and `message` are the first of the
-- piece.
CREATE TABLE message_index_entry (
    run INTEGER NOT NULL,
    term INTEGER NOT NULL,
    message BLOB NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (run, term, message)
) STRICT, WITHOUT ROWID;

-- Messages up to this id, of before this table, are not in the index yet. It gets smaller, and goes.
CREATE TABLE message_index_backlog (
    up_to TEXT NOT NULL
) STRICT;
INSERT INTO message_index_backlog (up_to) SELECT max(id) FROM message HAVING max(id) IS NOT NULL;

-- What did not go well is rare among what is kept, and is looked for.
CREATE INDEX send_ended ON send (state, message_id) WHERE state = 'failed' OR state = 'dropped';
CREATE INDEX recipient_ended ON recipient (state, message_id)
    WHERE state = 'failed' OR state = 'dropped' OR state = 'undelivered' OR state = 'quarantined'
        OR state = 'filtered_spam' OR state = 'suppressed' OR state = 'bounced';
