-- 1: a webhook event is written when the session ends.
ALTER TABLE sessions ADD COLUMN webhook_due integer NOT NULL DEFAULT 0;
CREATE INDEX sessions_to_announce ON sessions (codes_until) WHERE webhook_due = 1;

-- Events that apps have not acknowledged yet.
CREATE TABLE webhook_events (
  id                  text PRIMARY KEY,
  app_id              text NOT NULL,
  client_reference_id text NOT NULL,
  status              text NOT NULL CHECK (status IN ('SUCCEEDED', 'HELD', 'FAILED', 'CANCELLED', 'EXPIRED')),
  occurred_at         bigint NOT NULL,
  readable_until      bigint NOT NULL,
  -- When it is to be sent; while an instance sends it, when its lease is over.
  due_at              bigint NOT NULL,
  give_up_at          bigint NOT NULL,
  attempts            integer NOT NULL DEFAULT 0,
  owner               text
);
CREATE INDEX webhook_events_by_app ON webhook_events (app_id, due_at);
CREATE INDEX webhook_events_by_age ON webhook_events (give_up_at);
