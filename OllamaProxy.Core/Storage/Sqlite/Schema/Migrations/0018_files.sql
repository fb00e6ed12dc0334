-- Files of clients. What is in one lies in texts, in the order of their numbers.
CREATE TABLE files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they are listed
    id TEXT NOT NULL UNIQUE,
    owner TEXT, -- NULL: nobody in particular
    purpose TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB, -- NULL: it was not computed
    created_at INTEGER NOT NULL, -- milliseconds, as the next
    expires_at INTEGER -- NULL: never
);
CREATE INDEX files_by_owner ON files (owner, seq, bytes);
CREATE INDEX files_to_expire ON files (expires_at) WHERE expires_at IS NOT NULL;

-- Whose a text is: a prompt's (seq), a file's, or nobody's.
ALTER TABLE texts ADD COLUMN file INTEGER;
CREATE INDEX texts_by_file ON texts (file, id, length) WHERE file IS NOT NULL;
CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
    UPDATE texts SET file = NULL, expires_at = 0 WHERE file = OLD.seq;
END;
