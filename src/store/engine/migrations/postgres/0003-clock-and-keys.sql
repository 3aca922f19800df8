-- A code was known by the name of our source, and is now known by what the upstream calls its application: one that was
-- used under the old rule would count as new. So the database waits until the last of them is forgotten.
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM redemptions WHERE forget_at > now_ms()) THEN
    RAISE EXCEPTION 'codes are remembered by the rule of an earlier release: stop authenticating with it, and start this release after times.codeTtlMs';
  END IF;
END $$;
DELETE FROM redemptions;

-- The store's clock: readings of it and of now_ms() at the same moment.
CREATE TABLE store_clock (
  id       integer PRIMARY KEY CHECK (id = 1),
  store_ms bigint NOT NULL,
  wall_ms  bigint NOT NULL,
  ticks    bigint NOT NULL
);
INSERT INTO store_clock VALUES (1, now_ms(), now_ms(), 0);

-- Which index key this database was written with.
CREATE TABLE store_keys (
  id         integer PRIMARY KEY CHECK (id = 1),
  store_id   text NOT NULL,
  index_mark bytea NOT NULL
);

-- A sentinel for every sealing key that something may be sealed with.
CREATE TABLE seal_keys (
  key_id          text PRIMARY KEY,
  sentinel_sealed bytea NOT NULL
);
