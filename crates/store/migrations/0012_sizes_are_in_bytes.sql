-- Sizes are named by the unit that administrators know.

ALTER TABLE message RENAME COLUMN size_octets TO size_bytes;
