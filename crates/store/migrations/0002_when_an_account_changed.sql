-- Whoever works with an account has to notice that it changed, also when only its secret did.
ALTER TABLE account ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
