-- What each owner used in the last two minutes, against which the limits of API keys are held.
CREATE TABLE owner_minutes (
    owner TEXT NOT NULL,
    minute INTEGER NOT NULL, -- since 1970
    requests INTEGER NOT NULL, -- prompts that were submitted, of owners with a limit
    tokens INTEGER NOT NULL, -- of the prompts that ended, and of their answers
    PRIMARY KEY (owner, minute)
) WITHOUT ROWID;
CREATE INDEX prompts_queued_by_owner ON prompts (owner) WHERE status = 'queued' AND owner IS NOT NULL;

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
