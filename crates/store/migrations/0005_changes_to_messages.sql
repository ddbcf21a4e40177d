-- What was changed in a message on its way in, by the operator's rules and repairs: a JSON list.
ALTER TABLE message ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';

-- How often each repair was made, by the login whose mail needed it.
CREATE TABLE repair_use (
    login TEXT NOT NULL,
    repair TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (login, repair)
) STRICT, WITHOUT ROWID;
