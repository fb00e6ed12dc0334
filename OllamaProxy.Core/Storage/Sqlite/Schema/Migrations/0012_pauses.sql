-- What an operator has stopped until it is resumed.
CREATE TABLE pauses (
    scope TEXT NOT NULL CHECK (scope IN ('queue', 'model', 'backend', 'submissions')),
    name TEXT NOT NULL, -- of the model or the backend; else empty
    since TEXT NOT NULL,
    PRIMARY KEY (scope, name)
) WITHOUT ROWID;
