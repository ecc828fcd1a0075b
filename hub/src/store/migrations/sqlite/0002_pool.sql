-- Warm sessions: how many there are to be of an application, and what is remembered of them.
CREATE TABLE pools (
    app TEXT PRIMARY KEY REFERENCES apps (id),
    size TEXT NOT NULL,
    paused INTEGER NOT NULL,
    memory TEXT NOT NULL
) STRICT;
