-- Where clients are told how prompts and batches end; NULL: nowhere. The events are words with spaces between them, such as
-- prompt.completed prompt.failed.
ALTER TABLE prompts ADD COLUMN callback_url TEXT;
ALTER TABLE prompts ADD COLUMN callback_events TEXT;
ALTER TABLE batches ADD COLUMN callback_url TEXT;
ALTER TABLE batches ADD COLUMN callback_events TEXT;

-- The outbox: events that are sent, or were. Each is added by the transaction that ends its prompt or batch. Times are in milliseconds.
CREATE TABLE deliveries (
    event TEXT PRIMARY KEY, -- evt_ and 32 digits
    seq INTEGER, -- the prompt's; NULL: it is of a batch
    batch INTEGER, -- the batch's number; NULL: it is of a prompt
    subject TEXT NOT NULL, -- the id of either
    type TEXT NOT NULL,
    url TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER, -- when it is tried next or, while it is tried, when that is taken to have failed; NULL: never
    attempts INTEGER NOT NULL DEFAULT 0, -- an attempt that is taken to have failed is told by its number
    delivered_at INTEGER,
    error TEXT
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_by_prompt ON deliveries (seq) WHERE seq IS NOT NULL;
CREATE INDEX deliveries_by_batch ON deliveries (batch) WHERE batch IS NOT NULL;

-- Of completed_at and not of status, so that a claim does not run it.
CREATE TRIGGER prompt_called_back AFTER UPDATE OF completed_at ON prompts
WHEN NEW.callback_url IS NOT NULL AND NEW.completed_at IS NOT NULL AND OLD.completed_at IS NULL
    AND instr(NEW.callback_events || ' ', '.' || NEW.status || ' ') > 0 BEGIN
    INSERT INTO deliveries (event, seq, subject, type, url, created_at, due_at)
    SELECT 'evt_' || lower(hex(randomblob(16))), NEW.seq, NEW.id,
        substr(NEW.callback_events, 1, instr(NEW.callback_events, '.')) || NEW.status, NEW.callback_url, ended.at, ended.at
    FROM (SELECT CAST(round((julianday(NEW.completed_at) - 2440587.5) * 86400000) AS INTEGER) AS at) AS ended;
END;
CREATE TRIGGER batch_called_back AFTER UPDATE OF ended_at ON batches
WHEN NEW.callback_url IS NOT NULL AND NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL
    AND instr(NEW.callback_events || ' ', '.' || NEW.status || ' ') > 0 BEGIN
    INSERT INTO deliveries (event, batch, subject, type, url, created_at, due_at)
    VALUES (
        'evt_' || lower(hex(randomblob(16))), NEW.seq, NEW.id,
        substr(NEW.callback_events, 1, instr(NEW.callback_events, '.')) || NEW.status, NEW.callback_url, NEW.ended_at, NEW.ended_at);
END;
CREATE TRIGGER prompt_deliveries_removed AFTER DELETE ON prompts WHEN OLD.callback_url IS NOT NULL BEGIN
    DELETE FROM deliveries WHERE seq = OLD.seq;
END;
CREATE TRIGGER batch_deliveries_removed AFTER DELETE ON batches WHEN OLD.callback_url IS NOT NULL BEGIN
    DELETE FROM deliveries WHERE batch = OLD.seq;
END;
