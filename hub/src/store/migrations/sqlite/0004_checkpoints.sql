-- Points of the audit log that were signed, with a key that is not in here. From one declaration that a
-- backup was restored to the next, numbers only rise.
CREATE TABLE audit_checkpoints (
    restored_at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    ts INTEGER NOT NULL,
    key BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (restored_at, seq)
) STRICT;
CREATE INDEX audit_checkpoints_by_row ON audit_checkpoints (seq);
