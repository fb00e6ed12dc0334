-- Answers to calls whose clients wait at another process than the one that runs them, part after part as they come. None of it outlives
-- the attempt: the whole answer is in responses then.
CREATE TABLE response_chunks (
    seq INTEGER NOT NULL,
    response_end INTEGER NOT NULL, -- bytes of the body, with this part
    status INTEGER NOT NULL,
    headers TEXT NOT NULL, -- JSON
    bytes BLOB NOT NULL,
    PRIMARY KEY (seq, response_end)
) WITHOUT ROWID;
DROP TRIGGER prompt_stopped;
CREATE TRIGGER prompt_stopped AFTER UPDATE OF status ON prompts WHEN OLD.status = 'processing' BEGIN
    DELETE FROM chunks WHERE seq = OLD.seq;
    DELETE FROM response_chunks WHERE seq = OLD.seq;
END;
DROP TRIGGER prompt_removed_amid;
CREATE TRIGGER prompt_removed_amid AFTER DELETE ON prompts WHEN OLD.status = 'processing' BEGIN
    DELETE FROM chunks WHERE seq = OLD.seq;
    DELETE FROM response_chunks WHERE seq = OLD.seq;
END;
