-- What has been generated for prompts that are processing, part after part; none of it outlives that status.
CREATE TABLE chunks (
    seq INTEGER NOT NULL,
    text_end INTEGER NOT NULL, -- characters (UTF-16) of the answer, with this part
    thinking_end INTEGER NOT NULL,
    text TEXT NOT NULL,
    thinking TEXT NOT NULL,
    PRIMARY KEY (seq, text_end, thinking_end)
) WITHOUT ROWID;
CREATE TRIGGER prompt_stopped AFTER UPDATE OF status ON prompts WHEN OLD.status = 'processing' BEGIN
    DELETE FROM chunks WHERE seq = OLD.seq;
END;
CREATE TRIGGER prompt_removed_amid AFTER DELETE ON prompts WHEN OLD.status = 'processing' BEGIN
    DELETE FROM chunks WHERE seq = OLD.seq;
END;
