-- The options of a request with which Ollama would load its model again, as one text. Prompts without any have no row. It is a table of its
-- own, so that older instances can go on submitting.
CREATE TABLE load_options (seq bigint PRIMARY KEY REFERENCES prompts ON DELETE CASCADE, options text NOT NULL);
-- The completed prompts that Ollama seems to have cut to fit the context: how many tokens of each the model was given.
CREATE TABLE truncations (seq bigint PRIMARY KEY REFERENCES prompts ON DELETE CASCADE, tokens bigint NOT NULL);
