-- Several SPF records may have become one. `before` is the first of them, this is the list of the others, as JSON.
ALTER TABLE written_record ADD COLUMN also_before TEXT NOT NULL DEFAULT '[]';
