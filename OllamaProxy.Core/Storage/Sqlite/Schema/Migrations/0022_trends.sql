-- What happened lately, for the dashboard. Each process writes rows of its own, every few seconds.
CREATE TABLE trends (
    step INTEGER NOT NULL, -- its length, in seconds
    at INTEGER NOT NULL, -- when it began, in seconds since 1970
    process TEXT NOT NULL,
    model TEXT NOT NULL, -- empty in the rows that count queued prompts
    backend TEXT NOT NULL, -- empty there too, and where no backend has the model
    figures TEXT NOT NULL, -- as JSON
    PRIMARY KEY (step, at, process, model, backend)
) WITHOUT ROWID;
