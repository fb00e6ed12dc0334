CREATE TABLE prompts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a lease can outlive its prompt
    id TEXT NOT NULL UNIQUE CHECK (id LIKE '________-____-____-____-____________' AND unhex(id, '-') IS NOT NULL AND id = lower(id)),
    status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00')) CHECK (created_at LIKE '____-__-__%' AND julianday(created_at) IS NOT NULL),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00')) CHECK (updated_at LIKE '____-__-__%' AND julianday(updated_at) IS NOT NULL),
    started_at TEXT CHECK (started_at IS NULL OR julianday(started_at) IS NOT NULL),
    completed_at TEXT CHECK (completed_at IS NULL OR julianday(completed_at) IS NOT NULL),
    model TEXT,
    priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    rank INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)), -- milliseconds
    available_at INTEGER NOT NULL DEFAULT 0, -- milliseconds
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER CHECK (max_attempts BETWEEN 1 AND 1000000),
    timeout REAL CHECK (timeout BETWEEN 0.001 AND 2073600), -- seconds
    expires_at INTEGER CHECK (expires_at BETWEEN 0 AND 253402300799999), -- milliseconds
    batch TEXT CHECK (batch IS NULL OR batch LIKE '________-____-____-____-____________' AND unhex(batch, '-') IS NOT NULL AND batch = lower(batch)),
    fingerprint BLOB, -- SHA-256 of a submission that may be repeated
    done_reason TEXT,
    total_duration INTEGER, -- this and what follows as Ollama sends it
    load_duration INTEGER,
    prompt_eval_count INTEGER,
    prompt_eval_duration INTEGER,
    eval_count INTEGER,
    eval_duration INTEGER,
    error TEXT,
    metadata TEXT,
    prompt TEXT NOT NULL,
    request TEXT NOT NULL DEFAULT '{}',
    thinking TEXT,
    result TEXT
);
CREATE INDEX prompts_in_order ON prompts (rank, seq, available_at) WHERE status = 'queued';
CREATE INDEX prompts_by_status ON prompts (status, seq);
CREATE INDEX prompts_to_expire ON prompts (expires_at) WHERE status = 'queued' AND expires_at IS NOT NULL;
CREATE INDEX prompts_by_batch ON prompts (batch, seq, status) WHERE batch IS NOT NULL;
CREATE INDEX prompts_by_model ON prompts (model, seq);
CREATE INDEX prompts_by_end ON prompts (completed_at) WHERE completed_at IS NOT NULL;

-- A row for each attempt that runs, and for a while after a client cancelled it.
CREATE TABLE leases (
    seq INTEGER PRIMARY KEY,
    token TEXT NOT NULL,
    expires_at INTEGER NOT NULL -- milliseconds
);
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    number INTEGER NOT NULL,
    backend TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    error TEXT
);
CREATE INDEX attempts_by_prompt ON attempts (seq, id);
CREATE INDEX attempts_running ON attempts (seq) WHERE ended_at IS NULL;
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    expires_at INTEGER NOT NULL -- milliseconds
);
CREATE INDEX idempotency_keys_by_prompt ON idempotency_keys (seq);
CREATE INDEX idempotency_keys_to_expire ON idempotency_keys (expires_at);

-- How many prompts have each status, kept by triggers so that scripts keep it too.
CREATE TABLE counts (status TEXT PRIMARY KEY, prompts INTEGER NOT NULL);
INSERT INTO counts VALUES ('queued', 0), ('processing', 0), ('completed', 0), ('failed', 0), ('cancelled', 0);
CREATE TRIGGER prompt_added AFTER INSERT ON prompts BEGIN
    UPDATE counts SET prompts = prompts + 1 WHERE status = NEW.status;
END;
CREATE TRIGGER prompt_moved AFTER UPDATE OF status ON prompts WHEN NEW.status <> OLD.status BEGIN
    UPDATE counts SET prompts = prompts - 1 WHERE status = OLD.status;
    UPDATE counts SET prompts = prompts + 1 WHERE status = NEW.status;
END;
CREATE TRIGGER prompt_removed AFTER DELETE ON prompts BEGIN
    UPDATE counts SET prompts = prompts - 1 WHERE status = OLD.status;
    DELETE FROM attempts WHERE seq = OLD.seq;
    DELETE FROM idempotency_keys WHERE seq = OLD.seq;
END;
