-- What an operator has stopped until it is resumed.
CREATE TABLE pauses (
    scope text NOT NULL CHECK (scope IN ('queue', 'model', 'backend', 'submissions')),
    name bytea NOT NULL, -- of the model or the backend; else empty
    since timestamptz NOT NULL,
    PRIMARY KEY (scope, name)
);
CREATE FUNCTION pause(p_now timestamptz, p_scope text, p_name bytea) RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    INSERT INTO pauses (scope, name, since) VALUES (p_scope, p_name, p_now) ON CONFLICT DO NOTHING
$$;
CREATE FUNCTION resume(p_scope text, p_name bytea) RETURNS void LANGUAGE sql SET search_path = ollama_proxy AS $$
    DELETE FROM pauses WHERE scope = p_scope AND name = p_name
$$;
