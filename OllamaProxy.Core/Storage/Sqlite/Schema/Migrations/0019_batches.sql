-- Batches: the requests are lines of a file, each becomes a prompt, and what comes of it becomes a line of another file. Times are in
-- milliseconds.
CREATE TABLE batches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they are listed
    id TEXT NOT NULL UNIQUE, -- as in prompts.batch
    owner TEXT, -- this and the next as in prompts
    account TEXT,
    api TEXT NOT NULL, -- whose lines they are: openai or anthropic
    endpoint TEXT NOT NULL, -- the path of the calls
    status TEXT NOT NULL,
    outcome TEXT, -- the status that it is going to end with; NULL: completed
    input_file TEXT NOT NULL,
    output_file TEXT, -- this and the next while there is a line in it
    error_file TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    in_progress_at INTEGER,
    finalizing_at INTEGER,
    cancelling_at INTEGER,
    ended_at INTEGER,
    output_lifetime INTEGER, -- how long its files are kept; NULL: for ever
    total INTEGER NOT NULL DEFAULT 0, -- lines; known once they are validated
    completed INTEGER NOT NULL DEFAULT 0, -- this and the next three: lines that are in the files
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    fed_bytes INTEGER NOT NULL DEFAULT 0, -- how much of the input has become prompts
    fed_lines INTEGER NOT NULL DEFAULT 0,
    runner TEXT, -- the process that moves it on, until runner_until; others need not look
    runner_until INTEGER NOT NULL DEFAULT 0,
    model TEXT, -- that of all lines; NULL: there are several
    metadata TEXT, -- JSON, as the next
    errors TEXT
);
CREATE INDEX batches_by_owner ON batches (owner, seq);
CREATE INDEX batches_open ON batches (input_file) WHERE ended_at IS NULL;

-- The lines that are prompts, until what came of them is in a file. A row that is deleted is the proof that its line is there.
CREATE TABLE batch_lines (
    batch INTEGER NOT NULL,
    line INTEGER NOT NULL, -- from 1
    seq INTEGER NOT NULL, -- the prompt's, which may have been deleted
    has_ended INTEGER NOT NULL DEFAULT 0,
    custom_id TEXT NOT NULL,
    PRIMARY KEY (batch, line)
) WITHOUT ROWID;
CREATE UNIQUE INDEX batch_lines_by_prompt ON batch_lines (seq);
CREATE INDEX batch_lines_ended ON batch_lines (batch, line) WHERE has_ended;
CREATE TRIGGER batch_line_ended AFTER UPDATE OF status ON prompts
WHEN NEW.batch IS NOT NULL
    AND (NEW.status IN ('completed', 'failed', 'cancelled')) <> (OLD.status IN ('completed', 'failed', 'cancelled')) BEGIN
    UPDATE batch_lines SET has_ended = NEW.status IN ('completed', 'failed', 'cancelled') WHERE seq = NEW.seq;
END;
CREATE TRIGGER batch_line_removed AFTER DELETE ON prompts WHEN OLD.batch IS NOT NULL BEGIN
    UPDATE batch_lines SET has_ended = 1 WHERE seq = OLD.seq;
END;

-- The batch that still writes a file, or that alone has it. Nobody else sees it until then.
ALTER TABLE files ADD COLUMN batch TEXT;
CREATE INDEX files_by_batch ON files (batch) WHERE batch IS NOT NULL;
