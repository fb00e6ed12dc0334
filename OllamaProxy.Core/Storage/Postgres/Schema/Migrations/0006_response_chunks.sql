-- Answers to calls whose clients wait at another instance than the one that runs them, part after part as they come. None of it outlives
-- the attempt: the whole answer is in responses then.
CREATE TABLE response_chunks (
    seq bigint NOT NULL REFERENCES prompts ON DELETE CASCADE,
    response_end integer NOT NULL, -- bytes of the body, with this part
    status integer NOT NULL,
    headers bytea NOT NULL, -- JSON
    bytes bytea NOT NULL,
    PRIMARY KEY (seq, response_end)
);
CREATE FUNCTION on_attempt_ended() RETURNS trigger LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
BEGIN
    DELETE FROM response_chunks WHERE seq = OLD.seq;
    RETURN NULL;
END $$;
CREATE TRIGGER attempt_ended AFTER UPDATE ON prompts FOR EACH ROW
WHEN (OLD.endpoint IS NOT NULL AND OLD.status = 'processing' AND NEW.status <> 'processing') EXECUTE FUNCTION on_attempt_ended();

CREATE FUNCTION append_response(
    p_seq bigint, p_token uuid, p_expires_at bigint, p_response_end integer, p_status integer, p_headers bytea, p_bytes bytea)
RETURNS integer LANGUAGE plpgsql SET search_path = ollama_proxy AS $$
DECLARE
    state integer := renew(p_seq, p_token, p_expires_at);
BEGIN
    IF state = 0 THEN
        INSERT INTO response_chunks (seq, response_end, status, headers, bytes)
        VALUES (p_seq, p_response_end, p_status, p_headers, p_bytes);
        INSERT INTO changes (seq, was, becomes) VALUES (p_seq, 'processing', 'processing'); -- for the instance with the client
    END IF;
    RETURN state;
END $$;
