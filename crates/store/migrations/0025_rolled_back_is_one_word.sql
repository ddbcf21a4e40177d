-- Words of several parts have underscores, in rows as in the API.
UPDATE rotation SET step = 'rolled_back' WHERE step = 'rolled-back';
