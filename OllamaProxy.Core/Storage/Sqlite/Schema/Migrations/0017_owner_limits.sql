-- What each owner used in the last two minutes, against which the limits of API keys are held.
CREATE TABLE owner_minutes (
    owner TEXT NOT NULL,
    minute INTEGER NOT NULL, -- since 1970
    requests INTEGER NOT NULL, -- prompts that were submitted, of owners with a limit
    tokens INTEGER NOT NULL, -- of the prompts that ended, and of their answers
    PRIMARY KEY (owner, minute)
) WITHOUT ROWID;

-- How many prompts are queued of an owner with a limit. The row is made when it is first asked for, so that others cost nothing; an index
-- by owner would have each submission write a page of its own.
CREATE TABLE owner_queues (owner TEXT PRIMARY KEY, queued INTEGER NOT NULL) WITHOUT ROWID;

CREATE TRIGGER owner_queued AFTER INSERT ON prompts WHEN NEW.owner IS NOT NULL AND NEW.status = 'queued' BEGIN
    UPDATE owner_queues SET queued = queued + 1 WHERE owner = NEW.owner;
END;
CREATE TRIGGER owner_queue_changed AFTER UPDATE OF status ON prompts
WHEN NEW.owner IS NOT NULL AND (NEW.status = 'queued') <> (OLD.status = 'queued') BEGIN
    UPDATE owner_queues SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued') WHERE owner = NEW.owner;
END;
CREATE TRIGGER owner_unqueued AFTER DELETE ON prompts WHEN OLD.owner IS NOT NULL AND OLD.status = 'queued' BEGIN
    UPDATE owner_queues SET queued = queued - 1 WHERE owner = OLD.owner;
END;

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
