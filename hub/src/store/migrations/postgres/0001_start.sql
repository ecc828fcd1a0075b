-- Times are milliseconds since 1970, spans seconds, ids ULIDs as texts; yes is 1, no is 0.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE, -- in small letters
    email TEXT,
    name TEXT,
    auth_provider TEXT NOT NULL,
    password_phc TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE policies (role TEXT PRIMARY KEY, policy TEXT NOT NULL);

-- default, role:NAME or user:ID
CREATE TABLE quotas (subject TEXT PRIMARY KEY, quota TEXT NOT NULL);

CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    roles TEXT NOT NULL,
    resources TEXT NOT NULL,
    enabled BIGINT NOT NULL
);

-- A login on a device, and all tokens that follow from it.
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_why TEXT
);
CREATE INDEX devices_of_user ON devices (user_id);

-- access and refresh tokens of devices, service tokens without one
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    device_id TEXT REFERENCES devices (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    name TEXT,
    scopes TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX tokens_of_user ON tokens (user_id, kind);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    token_hash BYTEA NOT NULL UNIQUE,
    cordoned BIGINT NOT NULL,
    job_seq BIGINT NOT NULL, -- of the last job made
    created_at BIGINT NOT NULL,
    last_report_at BIGINT,
    last_seq BIGINT NOT NULL, -- of the last job that the node has taken up
    facts TEXT -- what it said of itself
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users (id), -- nobody's while it waits warm
    app TEXT NOT NULL,
    spec_hash TEXT NOT NULL,
    node_id TEXT REFERENCES nodes (id),
    state TEXT NOT NULL,
    phase TEXT,
    reason TEXT,
    claim_id TEXT,
    wish TEXT NOT NULL,
    terms TEXT NOT NULL, -- resources, policy and timers as they were decided
    boot_seq BIGINT NOT NULL,
    memory_request BIGINT NOT NULL,
    cpu_request BIGINT NOT NULL,
    pool_hit BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ready_at BIGINT,
    viewers BIGINT NOT NULL,
    last_input_at BIGINT,
    last_viewer_at BIGINT,
    stops_at BIGINT,
    stop_cause TEXT,
    ended_at BIGINT,
    server_spki TEXT,
    address TEXT,
    application_exit TEXT,
    event_seq BIGINT NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id, id);
CREATE INDEX sessions_of_node ON sessions (node_id, state);
CREATE INDEX sessions_by_state ON sessions (state);

CREATE TABLE session_events (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
);
CREATE INDEX session_events_by_time ON session_events (at);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    node_id TEXT NOT NULL REFERENCES nodes (id),
    seq BIGINT NOT NULL,
    job TEXT NOT NULL,
    not_after BIGINT NOT NULL,
    result TEXT,
    done_at BIGINT,
    UNIQUE (node_id, seq)
);

CREATE TABLE idempotency (
    user_id TEXT NOT NULL REFERENCES users (id),
    idempotency_key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, idempotency_key)
);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    ts BIGINT NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    target_type TEXT,
    target_id TEXT,
    subject_user_id TEXT,
    session_id TEXT,
    outcome TEXT NOT NULL,
    meta TEXT NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX audit_of_subject ON audit (subject_user_id, seq);

-- One row: whoever writes the next row of the log locks it.
CREATE TABLE audit_head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

INSERT INTO apps (id, title, roles, resources, enabled) VALUES (
    'browser', 'Firefox', '["admin","user"]',
    '{"memory_request":1073741824,"memory_limit":3221225472,"cpu_request":500,"cpu_limit":2000,"pids":1024}',
    1
);
