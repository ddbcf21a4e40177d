-- What an account may send in any 24 hours; nothing where only minutes and hours are limited.
ALTER TABLE account ADD COLUMN sends_per_day INTEGER;
