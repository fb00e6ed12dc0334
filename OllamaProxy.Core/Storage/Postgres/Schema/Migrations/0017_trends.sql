-- What happened lately, for the dashboard. Each process writes rows of its own, every few seconds.
CREATE TABLE trends (
    step integer NOT NULL, -- its length, in seconds
    at bigint NOT NULL, -- when it began, in seconds since 1970
    process uuid NOT NULL,
    model bytea NOT NULL, -- empty in the rows that count queued prompts
    backend bytea NOT NULL, -- empty there too, and where no backend has the model
    figures text NOT NULL, -- as JSON
    PRIMARY KEY (step, at, process, model, backend)
);
CREATE FUNCTION write_trends(
    p_process uuid, p_steps integer[], p_ats bigint[], p_models bytea[], p_backends bytea[], p_figures text[])
RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    INSERT INTO trends
    SELECT step, at, p_process, model, backend, figures
    FROM unnest(p_steps, p_ats, p_models, p_backends, p_figures) AS written (step, at, model, backend, figures)
    ON CONFLICT (step, at, process, model, backend) DO UPDATE SET figures = excluded.figures
$$;
CREATE FUNCTION forget_trends(p_steps integer[], p_firsts bigint[]) RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    DELETE FROM trends USING unnest(p_steps, p_firsts) AS kept (step, first) WHERE trends.step = kept.step AND trends.at < kept.first
$$;
