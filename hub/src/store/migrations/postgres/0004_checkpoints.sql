-- Points of the audit log that were signed, with a key that is not in here. From one declaration that a
-- backup was restored to the next, numbers only rise.
CREATE TABLE audit_checkpoints (
    restored_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    head BYTEA NOT NULL,
    ts BIGINT NOT NULL,
    key BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    PRIMARY KEY (restored_at, seq)
);
CREATE INDEX audit_checkpoints_by_row ON audit_checkpoints (seq);
