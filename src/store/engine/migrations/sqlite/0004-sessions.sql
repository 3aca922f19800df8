-- A session takes another code after one that failed: so many, and until then.
ALTER TABLE sessions ADD COLUMN attempts_left INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN codes_until INTEGER NOT NULL DEFAULT 0;
-- Of the last code that failed, while the session waits for another one.
ALTER TABLE sessions ADD COLUMN failure_code TEXT;
ALTER TABLE sessions ADD COLUMN failure_trace_id TEXT;
-- What the payer or the caller last reported: OPENED, DECLINED or CANCELLED.
ALTER TABLE sessions ADD COLUMN step TEXT;
-- What the caller gave when it opened the session.
ALTER TABLE sessions ADD COLUMN return_url TEXT;
ALTER TABLE sessions ADD COLUMN code_challenge TEXT;
ALTER TABLE sessions ADD COLUMN client_reference_id TEXT;
