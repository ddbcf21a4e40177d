-- What the Email API said when it refused a send for good: from then on the send goes by SMTP.
ALTER TABLE send ADD COLUMN refused_by_rest TEXT;
-- The groups in which the recipients of a refused send are asked for, as JSON; the first is next.
ALTER TABLE send ADD COLUMN division TEXT;
