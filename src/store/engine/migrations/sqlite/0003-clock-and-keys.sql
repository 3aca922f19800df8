-- A code was known by the name of our source, and is now known by what the upstream calls its application: one that was
-- used under the old rule would count as new. So the database waits until the last of them is forgotten.
CREATE TABLE earlier_rule (codes INTEGER);
CREATE TRIGGER refuse_earlier_rule BEFORE INSERT ON earlier_rule WHEN new.codes > 0
BEGIN
  SELECT RAISE(ABORT, 'codes are remembered by the rule of an earlier release: stop authenticating with it, and start this release after times.codeTtlMs');
END;
INSERT INTO earlier_rule SELECT count(*) FROM redemptions WHERE forget_at > now_ms();
DROP TABLE earlier_rule;
DELETE FROM redemptions;

-- The store's clock: readings of it and of now_ms() at the same moment.
CREATE TABLE store_clock (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  store_ms INTEGER NOT NULL,
  wall_ms  INTEGER NOT NULL,
  ticks    INTEGER NOT NULL
) STRICT;
INSERT INTO store_clock VALUES (1, now_ms(), now_ms(), 0);

-- Which index key this database was written with.
CREATE TABLE store_keys (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  store_id   TEXT NOT NULL,
  index_mark BLOB NOT NULL
) STRICT;

-- A sentinel for every sealing key that something may be sealed with.
CREATE TABLE seal_keys (
  key_id          TEXT PRIMARY KEY,
  sentinel_sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
