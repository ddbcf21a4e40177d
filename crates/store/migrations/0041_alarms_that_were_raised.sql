-- Problems whose alarm was raised and that go on, so that a restart neither repeats the alarm nor forgets its end. Account
-- and subject are empty where a problem has none.
CREATE TABLE raised_alarm (
    code TEXT NOT NULL,
    account TEXT NOT NULL,
    subject TEXT NOT NULL,
    since INTEGER NOT NULL,
    message TEXT NOT NULL,
    action TEXT NOT NULL,
    PRIMARY KEY (code, account, subject)
) STRICT, WITHOUT ROWID;
