-- The first prompts of each model are asked for, not only those of all.
DROP INDEX prompts_in_order;
CREATE INDEX prompts_by_turn ON prompts (coalesce(model, ''), rank, seq, available_at) WHERE status = 'queued';

-- Where the prompt of a lease runs; each Ollama has slots of its own.
ALTER TABLE leases ADD COLUMN backend TEXT;

-- Calls of Ollama's own API, and what it answered, both as they came in; their headers are JSON.
CREATE TABLE calls (seq INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, query TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE responses (seq INTEGER PRIMARY KEY, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);

-- The leases of clients that wait on an open connection.
CREATE TABLE connections (
    seq INTEGER PRIMARY KEY,
    worker TEXT, -- who alone may run the prompt; NULL: anybody
    expires_at INTEGER NOT NULL -- milliseconds
);
CREATE TRIGGER prompt_ended AFTER UPDATE OF status ON prompts WHEN NEW.status IN ('completed', 'failed', 'cancelled') BEGIN
    DELETE FROM connections WHERE seq = OLD.seq;
END;
CREATE TRIGGER prompt_queued_again AFTER UPDATE OF status ON prompts WHEN OLD.status IN ('completed', 'failed', 'cancelled') BEGIN
    DELETE FROM responses WHERE seq = OLD.seq;
END;
CREATE TRIGGER prompt_call_removed AFTER DELETE ON prompts BEGIN
    DELETE FROM calls WHERE seq = OLD.seq;
    DELETE FROM responses WHERE seq = OLD.seq;
    DELETE FROM connections WHERE seq = OLD.seq;
END;
