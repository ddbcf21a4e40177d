-- Provisioning remembers four things, each in a table of its own: the desired state, the resources that it made, how far
-- its steps came, and what somebody approved. Until now one table held the last three, by prefixes of its keys.
ALTER TABLE estate RENAME TO infrastructure;
ALTER TABLE estate_domain RENAME TO desired_domain;
ALTER TABLE estate_sender RENAME TO desired_sender;
ALTER TABLE estate_login RENAME TO desired_login;

-- When an apply of everything left nothing to do: what differs later has become so.
ALTER TABLE infrastructure ADD COLUMN applied_at INTEGER;
UPDATE infrastructure SET applied_at =
    (SELECT at FROM estate_step WHERE estate_step.account_id = infrastructure.account_id AND key = 'whole');

-- By ARM ids in lower case. Only these are ever deleted without being named.
CREATE TABLE made_resource (
    account_id TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, resource_id)
) STRICT, WITHOUT ROWID;
INSERT INTO made_resource (account_id, resource_id, state, at)
    SELECT account_id, substr(key, 6), CASE state WHEN 'begun' THEN 'begun' ELSE 'made' END, at
    FROM estate_step WHERE key LIKE 'made/%';

-- Steps are written down before the call and after it.
CREATE TABLE provisioning_step (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    problem TEXT,
    tries INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO provisioning_step (account_id, key, state, problem, tries, at)
    SELECT account_id, key, CASE state WHEN 'waits' THEN 'pending' ELSE state END, problem, tries, at
    FROM estate_step WHERE key <> 'whole' AND key NOT LIKE 'made/%' AND key NOT LIKE 'shown/%';

-- Who agreed to which plan.
CREATE TABLE approval (
    account_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    who TEXT NOT NULL,
    origin TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, plan_id)
) STRICT, WITHOUT ROWID;

-- Steps of these plans that are not done yet. A step is covered by the last plan that was approved with it.
CREATE TABLE approved_step (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

-- Values of others that such a step may change: a row for each value that is there, all with the one that replaces them.
CREATE TABLE approved_change (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT,
    PRIMARY KEY (account_id, key, name, kind, old)
) STRICT, WITHOUT ROWID;

-- Steps that an apply of an older build had begun go on. They may change nothing of others: that somebody was shown a
-- change was taken for agreement then, and is not any more.
INSERT INTO approval (account_id, plan_id, who, origin, at)
    SELECT account_id, 'older-build', 'an apply', 'an older build', max(at)
    FROM provisioning_step WHERE state IN ('begun', 'pending') GROUP BY account_id;
INSERT INTO approved_step (account_id, key, plan_id)
    SELECT account_id, key, 'older-build' FROM provisioning_step WHERE state IN ('begun', 'pending');

DROP TABLE estate_step;
