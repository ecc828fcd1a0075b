-- When a session's first viewer was sent the first frame.
ALTER TABLE sessions ADD COLUMN first_frame_at BIGINT;
