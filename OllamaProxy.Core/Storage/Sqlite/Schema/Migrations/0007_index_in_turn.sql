-- All that the order of the queue has in memory, so that it can be read from here alone.
DROP INDEX IF EXISTS prompts_by_turn;
CREATE INDEX IF NOT EXISTS prompts_in_turn ON prompts (model, rank, seq, available_at, priority) WHERE status = 'queued';
