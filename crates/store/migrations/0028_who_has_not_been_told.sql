-- Recipients that were not reached, as a delivery report said, and of whom their sender has not been told. Written with
-- the outcome, and gone once a DSN is on disk: Azure does not repeat a report that was taken.
CREATE TABLE untold (
    message_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;
