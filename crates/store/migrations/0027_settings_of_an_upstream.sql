-- What an account at an upstream other than Azure is set up with: JSON, names and texts, because only the upstream's own
-- code understands them. Azure's connection has columns, and nothing here.
ALTER TABLE account ADD COLUMN upstream_settings TEXT NOT NULL DEFAULT '';
