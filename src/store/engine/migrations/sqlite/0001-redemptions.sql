-- Instants are milliseconds since 1970. Columns ending in _index are HMACs, columns ending in _sealed are AES-256-GCM.

CREATE TABLE identities (
  id                     TEXT PRIMARY KEY,
  channel_id             TEXT NOT NULL,
  app_id                 TEXT NOT NULL,
  open_id_index          BLOB UNIQUE,
  user_id_index          BLOB UNIQUE,
  subject_sealed         BLOB NOT NULL,
  first_authenticated_at INTEGER NOT NULL,
  last_authenticated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX identities_by_age ON identities (last_authenticated_at);

CREATE TABLE redemptions (
  id               TEXT PRIMARY KEY,
  code_index       BLOB NOT NULL UNIQUE,
  -- The caller, app and session that the outcome belongs to.
  binding_index    BLOB NOT NULL,
  query_code_index BLOB,
  source           TEXT NOT NULL,
  app_id           TEXT NOT NULL,
  channel_id       TEXT NOT NULL,
  trace_id         TEXT NOT NULL,
  state            TEXT NOT NULL
                   CHECK (state IN ('CLAIMED', 'SENT', 'HELD', 'SUCCEEDED', 'ANSWERED', 'REJECTED', 'INDETERMINATE')),
  owner            TEXT NOT NULL,
  lease_until      INTEGER NOT NULL,
  identity_id      TEXT REFERENCES identities (id) ON DELETE SET NULL,
  -- The access token of SUCCEEDED, the answer of ANSWERED.
  answer_sealed    BLOB,
  failure_code     TEXT,
  upstream_code    TEXT,
  created_at       INTEGER NOT NULL,
  -- The outcome is told until then; afterwards only the fact that the code was used is left.
  outcome_until    INTEGER NOT NULL,
  forget_at        INTEGER NOT NULL,
  -- A payer may be deleted before the code is forgotten; then the outcome is over.
  CHECK (state = 'SUCCEEDED' OR identity_id IS NULL),
  CHECK ((state IN ('REJECTED', 'INDETERMINATE')) = (failure_code IS NOT NULL))
) STRICT;
CREATE INDEX redemptions_by_lease ON redemptions (lease_until) WHERE state IN ('CLAIMED', 'SENT');
CREATE INDEX redemptions_by_outcome ON redemptions (outcome_until) WHERE answer_sealed IS NOT NULL;
CREATE INDEX redemptions_by_age ON redemptions (forget_at);
CREATE INDEX redemptions_by_identity ON redemptions (identity_id);

CREATE TABLE sessions (
  query_code_index BLOB PRIMARY KEY,
  -- Present when we made the session: the ticket that may write it.
  state_index      BLOB UNIQUE,
  app_id           TEXT NOT NULL,
  channel_id       TEXT NOT NULL,
  redemption_id    TEXT REFERENCES redemptions (id) ON DELETE SET NULL,
  expires_at       INTEGER NOT NULL,
  -- Who asks again sooner than this has to wait longer.
  poll_interval_ms INTEGER NOT NULL DEFAULT 5000,
  polled_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_age ON sessions (expires_at);
CREATE INDEX sessions_by_redemption ON sessions (redemption_id);

CREATE TABLE certifications (
  certify_id_index  BLOB PRIMARY KEY,
  certify_id_sealed BLOB NOT NULL,
  app_id            TEXT NOT NULL,
  channel_id        TEXT NOT NULL,
  identity_id       TEXT REFERENCES identities (id) ON DELETE CASCADE,
  status            TEXT NOT NULL CHECK (status IN ('STARTED', 'NOT_PASSED', 'PASSED')),
  started_at        INTEGER NOT NULL,
  checked_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX certifications_by_identity ON certifications (identity_id);
CREATE INDEX certifications_by_age ON certifications (started_at);
