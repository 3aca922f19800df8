-- What signed calls may use once.
CREATE TABLE nonces (
  nonce_index       bytea PRIMARY KEY,
  -- Of the call that used it first.
  fingerprint_index bytea NOT NULL,
  used_at           bigint NOT NULL,
  forget_at         bigint NOT NULL
);
CREATE INDEX nonces_by_age ON nonces (forget_at);
