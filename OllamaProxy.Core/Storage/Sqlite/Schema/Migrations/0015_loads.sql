-- The options of a request with which Ollama would load its model again, as one text. Prompts without any have no row.
CREATE TABLE load_options (seq INTEGER PRIMARY KEY, options TEXT NOT NULL);
-- The completed prompts that Ollama seems to have cut to fit the context: how many tokens of each the model was given.
CREATE TABLE truncations (seq INTEGER PRIMARY KEY, tokens INTEGER NOT NULL);
CREATE TRIGGER prompt_loads_removed AFTER DELETE ON prompts BEGIN
    DELETE FROM load_options WHERE seq = OLD.seq;
    DELETE FROM truncations WHERE seq = OLD.seq;
END;
