-- Shared by the leases of prompts that run one after the other; NULL: one of its own.
ALTER TABLE leases ADD COLUMN slot TEXT;

-- How many of 256 numbers that follow one another are those of prompts that were removed; no row: none of them.
CREATE TABLE removals (block INTEGER PRIMARY KEY, prompts INTEGER NOT NULL);
WITH RECURSIVE
    last(seq) AS (SELECT seq FROM sqlite_sequence WHERE name = 'prompts'),
    blocks(block, first, last) AS (
        SELECT 0, 1, min(256, seq) FROM last WHERE seq > 0
        UNION ALL
        SELECT block + 1, first + 256, min(blocks.last + 256, seq) FROM blocks, last WHERE blocks.last < seq
    )
INSERT INTO removals
SELECT block, last - first + 1 - there
FROM (SELECT *, (SELECT count(*) FROM prompts WHERE seq BETWEEN first AND last) AS there FROM blocks)
WHERE there < last - first + 1;
CREATE TRIGGER prompt_number_removed AFTER DELETE ON prompts BEGIN
    INSERT INTO removals VALUES ((OLD.seq - 1) / 256, 1) ON CONFLICT (block) DO UPDATE SET prompts = prompts + 1;
END;
