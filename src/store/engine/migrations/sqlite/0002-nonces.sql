-- What signed calls may use once.
CREATE TABLE nonces (
  nonce_index       BLOB PRIMARY KEY,
  -- Of the call that used it first.
  fingerprint_index BLOB NOT NULL,
  used_at           INTEGER NOT NULL,
  forget_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_by_age ON nonces (forget_at);
