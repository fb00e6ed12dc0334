-- The order of the queue in memory has the account, too, and is read from here alone.
DROP INDEX prompts_in_turn;
CREATE INDEX prompts_in_turn ON prompts (model, rank, seq, available_at, priority, account) WHERE status = 'queued';
