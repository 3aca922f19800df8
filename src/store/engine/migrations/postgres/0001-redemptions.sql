-- Instants are milliseconds since 1970. Columns ending in _index are HMACs, columns ending in _sealed are AES-256-GCM.

-- The store's clock: one for all instances, and the same throughout a transaction.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  AS 'SELECT floor(extract(epoch FROM transaction_timestamp()) * 1000)::bigint';

CREATE TABLE identities (
  id                     text PRIMARY KEY,
  channel_id             text NOT NULL,
  app_id                 text NOT NULL,
  open_id_index          bytea UNIQUE,
  user_id_index          bytea UNIQUE,
  subject_sealed         bytea NOT NULL,
  first_authenticated_at bigint NOT NULL,
  last_authenticated_at  bigint NOT NULL
);
CREATE INDEX identities_by_age ON identities (last_authenticated_at);

CREATE TABLE redemptions (
  id               text PRIMARY KEY,
  code_index       bytea NOT NULL UNIQUE,
  -- The caller, app and session that the outcome belongs to.
  binding_index    bytea NOT NULL,
  query_code_index bytea,
  source           text NOT NULL,
  app_id           text NOT NULL,
  channel_id       text NOT NULL,
  trace_id         text NOT NULL,
  state            text NOT NULL
                   CHECK (state IN ('CLAIMED', 'SENT', 'HELD', 'SUCCEEDED', 'ANSWERED', 'REJECTED', 'INDETERMINATE')),
  owner            text NOT NULL,
  lease_until      bigint NOT NULL,
  identity_id      text REFERENCES identities (id) ON DELETE SET NULL,
  -- The access token of SUCCEEDED, the answer of ANSWERED.
  answer_sealed    bytea,
  failure_code     text,
  upstream_code    text,
  created_at       bigint NOT NULL,
  -- The outcome is told until then; afterwards only the fact that the code was used is left.
  outcome_until    bigint NOT NULL,
  forget_at        bigint NOT NULL,
  -- A payer may be deleted before the code is forgotten; then the outcome is over.
  CHECK (state = 'SUCCEEDED' OR identity_id IS NULL),
  CHECK ((state IN ('REJECTED', 'INDETERMINATE')) = (failure_code IS NOT NULL))
);
CREATE INDEX redemptions_by_lease ON redemptions (lease_until) WHERE state IN ('CLAIMED', 'SENT');
CREATE INDEX redemptions_by_outcome ON redemptions (outcome_until) WHERE answer_sealed IS NOT NULL;
CREATE INDEX redemptions_by_age ON redemptions (forget_at);
CREATE INDEX redemptions_by_identity ON redemptions (identity_id);

CREATE TABLE sessions (
  query_code_index bytea PRIMARY KEY,
  -- Present when we made the session: the ticket that may write it.
  state_index      bytea UNIQUE,
  app_id           text NOT NULL,
  channel_id       text NOT NULL,
  redemption_id    text REFERENCES redemptions (id) ON DELETE SET NULL,
  expires_at       bigint NOT NULL,
  -- Who asks again sooner than this has to wait longer.
  poll_interval_ms bigint NOT NULL DEFAULT 5000,
  polled_at        bigint
);
CREATE INDEX sessions_by_age ON sessions (expires_at);
CREATE INDEX sessions_by_redemption ON sessions (redemption_id);

CREATE TABLE certifications (
  certify_id_index  bytea PRIMARY KEY,
  certify_id_sealed bytea NOT NULL,
  app_id            text NOT NULL,
  channel_id        text NOT NULL,
  identity_id       text REFERENCES identities (id) ON DELETE CASCADE,
  status            text NOT NULL CHECK (status IN ('STARTED', 'NOT_PASSED', 'PASSED')),
  started_at        bigint NOT NULL,
  checked_at        bigint
);
CREATE INDEX certifications_by_identity ON certifications (identity_id);
CREATE INDEX certifications_by_age ON certifications (started_at);
