-- A quota is of a subscription, or of something else that an upstream limits: the kind of thing, a slash, its id.
ALTER TABLE usage RENAME COLUMN subscription TO scope;
UPDATE usage SET scope = 'subscription/' || scope;
ALTER TABLE throttled RENAME COLUMN subscription TO scope;
UPDATE throttled SET scope = 'subscription/' || scope;
ALTER TABLE quota_lease RENAME COLUMN subscription TO scope;
UPDATE quota_lease SET scope = 'subscription/' || scope;
