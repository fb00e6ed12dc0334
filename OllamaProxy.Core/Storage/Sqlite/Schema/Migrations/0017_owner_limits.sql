-- What each owner used in the last two minutes, against which the limits of API keys are held.
CREATE TABLE owner_minutes (
    owner TEXT NOT NULL,
    minute INTEGER NOT NULL, -- since 1970
    requests INTEGER NOT NULL, -- prompts that were submitted, of owners with a limit
    tokens INTEGER NOT NULL, -- of the prompts that ended, and of their answers
    PRIMARY KEY (owner, minute)
) WITHOUT ROWID;

-- How many prompts of each owner have each status, kept by triggers so that scripts keep it too.
CREATE TABLE owner_counts (
    owner TEXT PRIMARY KEY,
    queued INTEGER NOT NULL,
    processing INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO owner_counts
SELECT owner, sum(status = 'queued'), sum(status = 'processing'), sum(status = 'completed'), sum(status = 'failed'),
    sum(status = 'cancelled')
FROM prompts WHERE owner IS NOT NULL GROUP BY owner;

CREATE TRIGGER owner_counted AFTER INSERT ON prompts WHEN NEW.owner IS NOT NULL BEGIN
    INSERT INTO owner_counts VALUES (
        NEW.owner, NEW.status = 'queued', NEW.status = 'processing', NEW.status = 'completed', NEW.status = 'failed',
        NEW.status = 'cancelled')
    ON CONFLICT (owner) DO UPDATE SET
        queued = queued + excluded.queued, processing = processing + excluded.processing, completed = completed + excluded.completed,
        failed = failed + excluded.failed, cancelled = cancelled + excluded.cancelled;
END;
CREATE TRIGGER owner_count_moved AFTER UPDATE OF status ON prompts WHEN NEW.owner IS NOT NULL AND NEW.status <> OLD.status BEGIN
    UPDATE owner_counts SET
        queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'),
        processing = processing + (NEW.status = 'processing') - (OLD.status = 'processing'),
        completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'),
        failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed'),
        cancelled = cancelled + (NEW.status = 'cancelled') - (OLD.status = 'cancelled')
    WHERE owner = NEW.owner;
END;
CREATE TRIGGER owner_uncounted AFTER DELETE ON prompts WHEN OLD.owner IS NOT NULL BEGIN
    UPDATE owner_counts SET
        queued = queued - (OLD.status = 'queued'), processing = processing - (OLD.status = 'processing'),
        completed = completed - (OLD.status = 'completed'), failed = failed - (OLD.status = 'failed'),
        cancelled = cancelled - (OLD.status = 'cancelled')
    WHERE owner = OLD.owner;
END;

-- In an index by owner alone, prompts of many owners that change at once would each write a page of their own. Here the entries of 1,024
-- prompts, one after the other, share a few pages, and are by owner within these.
DROP INDEX prompts_by_owner;
CREATE INDEX prompts_by_owner ON prompts (seq >> 10, owner, seq, status) WHERE owner IS NOT NULL;

CREATE TRIGGER prompt_used_by_owner AFTER UPDATE OF status ON prompts
WHEN NEW.owner IS NOT NULL AND NEW.status IN ('completed', 'failed', 'cancelled')
    AND OLD.status NOT IN ('completed', 'failed', 'cancelled')
    AND coalesce(NEW.prompt_eval_count, 0) + coalesce(NEW.eval_count, 0) > 0 BEGIN
    INSERT INTO owner_minutes VALUES (
        NEW.owner, CAST(strftime('%s', coalesce(NEW.completed_at, NEW.updated_at)) AS INTEGER) / 60, 0,
        coalesce(NEW.prompt_eval_count, 0) + coalesce(NEW.eval_count, 0))
    ON CONFLICT (owner, minute) DO UPDATE SET tokens = tokens + excluded.tokens;
    DELETE FROM owner_minutes
    WHERE owner = NEW.owner AND minute < CAST(strftime('%s', coalesce(NEW.completed_at, NEW.updated_at)) AS INTEGER) / 60 - 1;
END;
