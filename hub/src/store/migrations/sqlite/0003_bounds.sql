-- What is asked for often is found without a walk over everything that ever was.
CREATE INDEX sessions_open_of_node ON sessions (node_id) WHERE state NOT IN ('stopped', 'failed');
CREATE INDEX sessions_open_of_user ON sessions (user_id) WHERE state NOT IN ('stopped', 'failed');
CREATE INDEX devices_by_expiry ON devices (expires_at);
CREATE INDEX devices_revoked ON devices (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX tokens_of_device ON tokens (device_id);
CREATE INDEX idempotency_by_time ON idempotency (created_at);

-- What a job is, beside its text, and whether that holds what somebody opens.
ALTER TABLE jobs ADD COLUMN kind TEXT;
ALTER TABLE jobs ADD COLUMN session_id TEXT;
ALTER TABLE jobs ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET private = 1 WHERE job LIKE '%"url":"%';
CREATE INDEX jobs_open ON jobs (node_id, seq) WHERE done_at IS NULL;
CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX jobs_late ON jobs (not_after) WHERE done_at IS NULL;
CREATE INDEX jobs_private ON jobs (node_id, seq) WHERE private = 1;
