-- For how long Azure asked to be left alone, in seconds: a minute or less speaks of the limit of a minute, more of that
-- of an hour. NULL where it did not say, and for refusals of before.
ALTER TABLE throttled ADD COLUMN wait_seconds INTEGER;
