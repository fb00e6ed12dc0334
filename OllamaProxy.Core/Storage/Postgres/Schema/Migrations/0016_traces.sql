-- The trace that a prompt belongs to, as W3C's traceparent. Most prompts have none.
CREATE TABLE traces (seq bigint PRIMARY KEY REFERENCES prompts ON DELETE CASCADE, traceparent text NOT NULL);
