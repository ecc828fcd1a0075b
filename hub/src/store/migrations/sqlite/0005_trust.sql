-- A job is kept as it was signed, and given out only with its signature. Those from before have none.
ALTER TABLE jobs ADD COLUMN signature TEXT;
ALTER TABLE jobs ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET done_at = not_after WHERE done_at IS NULL;
UPDATE jobs SET job = '', private = 0 WHERE private = 1;

-- What a node enrolled with, and when it was taken out for good: its row stays for what it did.
ALTER TABLE nodes ADD COLUMN public_key BLOB;
ALTER TABLE nodes ADD COLUMN removed_at INTEGER;

-- One-use codes by which nodes come in; who used one is known as long as the answer can be lost.
CREATE TABLE enrollments (
    code_hash BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    public_key BLOB,
    node_id TEXT REFERENCES nodes (id)
) STRICT;
CREATE INDEX enrollments_by_expiry ON enrollments (expires_at);
