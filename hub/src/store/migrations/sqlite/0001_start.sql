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
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE policies (role TEXT PRIMARY KEY, policy TEXT NOT NULL) STRICT;

-- default, role:NAME or user:ID
CREATE TABLE quotas (subject TEXT PRIMARY KEY, quota TEXT NOT NULL) STRICT;

CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    roles TEXT NOT NULL,
    resources TEXT NOT NULL,
    enabled INTEGER NOT NULL
) STRICT;

-- A login on a device, and all tokens that follow from it.
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    device TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_why TEXT
) STRICT;
CREATE INDEX devices_of_user ON devices (user_id);

-- access and refresh tokens of devices, service tokens without one
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    device_id TEXT REFERENCES devices (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    name TEXT,
    scopes TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX tokens_of_user ON tokens (user_id, kind);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    token_hash BLOB NOT NULL UNIQUE,
    cordoned INTEGER NOT NULL,
    job_seq INTEGER NOT NULL, -- of the last job made
    created_at INTEGER NOT NULL,
    last_report_at INTEGER,
    last_seq INTEGER NOT NULL, -- of the last job that the node has taken up
    facts TEXT -- what it said of itself
) STRICT;

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
    boot_seq INTEGER NOT NULL,
    memory_request INTEGER NOT NULL,
    cpu_request INTEGER NOT NULL,
    pool_hit INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ready_at INTEGER,
    viewers INTEGER NOT NULL,
    last_input_at INTEGER,
    last_viewer_at INTEGER,
    stops_at INTEGER,
    stop_cause TEXT,
    ended_at INTEGER,
    server_spki TEXT,
    address TEXT,
    application_exit TEXT,
    event_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, id);
CREATE INDEX sessions_of_node ON sessions (node_id, state);
CREATE INDEX sessions_by_state ON sessions (state);

CREATE TABLE session_events (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
) STRICT;
CREATE INDEX session_events_by_time ON session_events (at);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    node_id TEXT NOT NULL REFERENCES nodes (id),
    seq INTEGER NOT NULL,
    job TEXT NOT NULL,
    not_after INTEGER NOT NULL,
    result TEXT,
    done_at INTEGER,
    UNIQUE (node_id, seq)
) STRICT;

CREATE TABLE idempotency (
    user_id TEXT NOT NULL REFERENCES users (id),
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, idempotency_key)
) STRICT;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    ts INTEGER NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    target_type TEXT,
    target_id TEXT,
    subject_user_id TEXT,
    session_id TEXT,
    outcome TEXT NOT NULL,
    meta TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_of_subject ON audit (subject_user_id, seq);

-- One row: whoever writes the next row of the log locks it.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, zeroblob(32));

INSERT INTO apps (id, title, roles, resources, enabled) VALUES (
    'browser', 'Firefox', '["admin","user"]',
    '{"memory_request":1073741824,"memory_limit":3221225472,"cpu_request":500,"cpu_limit":2000,"pids":1024}',
    1
);
