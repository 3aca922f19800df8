-- 1: a webhook event is written when the session ends.
ALTER TABLE sessions ADD COLUMN webhook_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_to_announce ON sessions (codes_until) WHERE webhook_due = 1;

-- Events that apps have not acknowledged yet.
CREATE TABLE webhook_events (
  id                  TEXT PRIMARY KEY,
  app_id              TEXT NOT NULL,
  client_reference_id TEXT NOT NULL,
  status              TEXT NOT NULL CHECK (status IN ('SUCCEEDED', 'HELD', 'FAILED', 'CANCELLED', 'EXPIRED')),
  occurred_at         INTEGER NOT NULL,
  readable_until      INTEGER NOT NULL,
  -- When it is to be sent; while an instance sends it, when its lease is over.
  due_at              INTEGER NOT NULL,
  give_up_at          INTEGER NOT NULL,
  attempts            INTEGER NOT NULL DEFAULT 0,
  owner               TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_events_by_app ON webhook_events (app_id, due_at);
CREATE INDEX webhook_events_by_age ON webhook_events (give_up_at);
