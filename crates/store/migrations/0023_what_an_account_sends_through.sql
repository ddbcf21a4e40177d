-- The kind of an account's upstream. Until now all were Azure's; the columns of Azure's connection are empty for another
-- kind, whose own settings stand in columns of their own.
ALTER TABLE account ADD COLUMN upstream TEXT NOT NULL DEFAULT 'azure';
