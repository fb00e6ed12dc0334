-- Texts and bodies that are too long for a column, in parts that are found at once and written one after the other. What is a
-- prompt's stands in for its column, which holds no more than the beginning; the rest waits to be adopted, or to be removed.
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: who reads one must not come into another
    seq INTEGER, -- the prompt's; NULL: nobody's
    kind TEXT, -- what of the prompt: prompt, request, call, response, result or thinking
    length INTEGER NOT NULL, -- bytes
    expires_at INTEGER -- milliseconds; when it is removed; NULL: with its prompt
);
CREATE UNIQUE INDEX IF NOT EXISTS texts_by_prompt ON texts (seq, kind) WHERE seq IS NOT NULL;
CREATE INDEX IF NOT EXISTS texts_to_remove ON texts (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS parts (id INTEGER PRIMARY KEY, text INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS parts_in_order ON parts (text, number);
CREATE TRIGGER IF NOT EXISTS prompt_texts_void AFTER UPDATE OF status ON prompts WHEN OLD.status IN ('completed', 'failed', 'cancelled') BEGIN
    UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = OLD.seq AND kind IN ('response', 'result', 'thinking');
END;
CREATE TRIGGER IF NOT EXISTS prompt_texts_removed AFTER DELETE ON prompts BEGIN
    UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = OLD.seq;
END;
