-- The trace that a prompt belongs to, as W3C's traceparent. Most prompts have none.
CREATE TABLE traces (seq INTEGER PRIMARY KEY, traceparent TEXT NOT NULL);
CREATE TRIGGER prompt_trace_removed AFTER DELETE ON prompts BEGIN
    DELETE FROM traces WHERE seq = OLD.seq;
END;
