-- What was used on each day (UTC), by owner and model. It outlives the prompts, so retention does not touch it.
CREATE TABLE usage (
    day TEXT NOT NULL, -- such as 2026-02-21
    owner TEXT NOT NULL, -- empty: nobody in particular
    model TEXT NOT NULL, -- empty: none
    prompts INTEGER NOT NULL, -- that ended, in whatever way
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL, -- this and the next as Ollama counts them
    tokens INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL, -- of the attempts that ended them
    PRIMARY KEY (day, owner, model)
) WITHOUT ROWID;
INSERT INTO usage
SELECT substr(coalesce(completed_at, updated_at), 1, 10), '', coalesce(model, ''), count(*), sum(status = 'failed'),
    sum(status = 'cancelled'), coalesce(sum(prompt_eval_count), 0), coalesce(sum(eval_count), 0),
    coalesce(sum(max(0, CAST(round((julianday(completed_at) - julianday(started_at)) * 86400000) AS INTEGER))), 0)
FROM prompts WHERE status IN ('completed', 'failed', 'cancelled') GROUP BY 1, 3;
CREATE TRIGGER prompt_used AFTER UPDATE OF status ON prompts
WHEN NEW.status IN ('completed', 'failed', 'cancelled') AND OLD.status NOT IN ('completed', 'failed', 'cancelled') BEGIN
    INSERT INTO usage VALUES (
        substr(coalesce(NEW.completed_at, NEW.updated_at), 1, 10), coalesce(NEW.owner, ''), coalesce(NEW.model, ''), 1,
        NEW.status = 'failed', NEW.status = 'cancelled', coalesce(NEW.prompt_eval_count, 0), coalesce(NEW.eval_count, 0),
        coalesce(max(0, CAST(round((julianday(NEW.completed_at) - julianday(NEW.started_at)) * 86400000) AS INTEGER)), 0))
    ON CONFLICT (day, owner, model) DO UPDATE SET prompts = prompts + 1, failed = failed + excluded.failed,
        cancelled = cancelled + excluded.cancelled, prompt_tokens = prompt_tokens + excluded.prompt_tokens,
        tokens = tokens + excluded.tokens, milliseconds = milliseconds + excluded.milliseconds;
END;
