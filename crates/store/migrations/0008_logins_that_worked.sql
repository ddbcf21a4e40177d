-- Where logins worked lately, so that other people's guesses do not keep them out there. `login` is what the login
-- guard counts by: a login in lower case, or an app with its tenant.
CREATE TABLE login_welcome (
    login TEXT NOT NULL,
    address TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (login, address)
) STRICT, WITHOUT ROWID;

-- When and from where each credential was used last.
CREATE TABLE credential_use (
    credential_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
