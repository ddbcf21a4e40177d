-- Up to when it was looked for mail whose senders are to hear of a delay, or of a success that nobody reported.
CREATE TABLE notice_progress (
    occasion TEXT PRIMARY KEY,
    up_to INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Of what was to be sent later, the delay counts from that time.
CREATE INDEX message_send_at ON message (send_at) WHERE send_at IS NOT NULL;
