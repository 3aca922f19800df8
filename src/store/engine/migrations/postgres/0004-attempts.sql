-- A session takes another code after one that failed: so many, and until then.
ALTER TABLE sessions ADD COLUMN attempts_left integer NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN codes_until bigint NOT NULL DEFAULT 0;
-- Of the last code that failed, while the session waits for another one.
ALTER TABLE sessions ADD COLUMN failure_code text;
ALTER TABLE sessions ADD COLUMN failure_trace_id text;
