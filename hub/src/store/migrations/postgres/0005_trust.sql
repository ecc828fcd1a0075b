-- However long it takes: tables may be large by now.
SET LOCAL statement_timeout = 0;

-- A job is kept as it was signed, and given out only with its signature. Those from before have none.
ALTER TABLE jobs ADD COLUMN signature TEXT;
ALTER TABLE jobs ADD COLUMN issued_at BIGINT NOT NULL DEFAULT 0;
UPDATE jobs SET done_at = not_after WHERE done_at IS NULL;
UPDATE jobs SET job = '', private = 0 WHERE private = 1;

-- What a node enrolled with, and when it was taken out for good: its row stays for what it did.
ALTER TABLE nodes ADD COLUMN public_key BYTEA;
ALTER TABLE nodes ADD COLUMN removed_at BIGINT;

-- One-use codes by which nodes come in; who used one is known as long as the answer can be lost.
CREATE TABLE enrollments (
    code_hash BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    public_key BYTEA,
    node_id TEXT REFERENCES nodes (id)
);
CREATE INDEX enrollments_by_expiry ON enrollments (expires_at);
