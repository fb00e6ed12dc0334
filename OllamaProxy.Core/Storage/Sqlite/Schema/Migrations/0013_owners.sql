-- Whose prompt it is, and to whom its tokens are charged; NULL: nobody in particular.
ALTER TABLE prompts ADD COLUMN owner TEXT;
ALTER TABLE prompts ADD COLUMN account TEXT;
CREATE INDEX prompts_by_owner ON prompts (owner, seq, status) WHERE owner IS NOT NULL;

-- Each owner has idempotency keys of its own. The table keeps its name, since a trigger has it.
CREATE TABLE keys_before AS SELECT key, seq, expires_at FROM idempotency_keys;
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
    owner TEXT NOT NULL, -- empty: nobody in particular
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, -- milliseconds
    PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_keys_by_prompt ON idempotency_keys (seq);
CREATE INDEX idempotency_keys_to_expire ON idempotency_keys (expires_at);
INSERT INTO idempotency_keys SELECT '', key, seq, expires_at FROM keys_before;
DROP TABLE keys_before;
