-- Keys in random order: accepting wrote a page for each message and index. An operation id leads back to its message by
-- the time in it.
DROP INDEX recipient_mailbox;
DROP INDEX send_operation;
DROP INDEX message_message_id;
