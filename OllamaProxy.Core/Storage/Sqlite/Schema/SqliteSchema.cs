using Microsoft.Data.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>The tables, and the steps that bring a file of an older version up to them.</summary>
internal static class SqliteSchema
{
    /// <summary>
    /// Step N leads from <c>user_version</c> N to N + 1. Steps that were released are never edited. Small columns come
    /// first: SQLite walks a row's overflow pages only as far as the last column that is asked for. The defaults let a
    /// script queue a prompt by the original's columns alone, and the checks keep out what could not be read.
    /// </summary>
    internal static readonly string[] Migrations =
    [
        """
        CREATE TABLE prompts (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a lease can outlive its prompt
            id TEXT NOT NULL UNIQUE CHECK (id LIKE '________-____-____-____-____________' AND unhex(id, '-') IS NOT NULL AND id = lower(id)),
            status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00')) CHECK (created_at LIKE '____-__-__%' AND julianday(created_at) IS NOT NULL),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00')) CHECK (updated_at LIKE '____-__-__%' AND julianday(updated_at) IS NOT NULL),
            started_at TEXT CHECK (started_at IS NULL OR julianday(started_at) IS NOT NULL),
            completed_at TEXT CHECK (completed_at IS NULL OR julianday(completed_at) IS NOT NULL),
            model TEXT,
            priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
            rank INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)), -- milliseconds
            available_at INTEGER NOT NULL DEFAULT 0, -- milliseconds
            attempts INTEGER NOT NULL DEFAULT 0,
            max_attempts INTEGER CHECK (max_attempts BETWEEN 1 AND 1000000),
            timeout REAL CHECK (timeout BETWEEN 0.001 AND 2073600), -- seconds
            expires_at INTEGER CHECK (expires_at BETWEEN 0 AND 253402300799999), -- milliseconds
            batch TEXT CHECK (batch IS NULL OR batch LIKE '________-____-____-____-____________' AND unhex(batch, '-') IS NOT NULL AND batch = lower(batch)),
            fingerprint BLOB, -- SHA-256 of a submission that may be repeated
            done_reason TEXT,
            total_duration INTEGER, -- this and what follows as Ollama sends it
            load_duration INTEGER,
            prompt_eval_count INTEGER,
            prompt_eval_duration INTEGER,
            eval_count INTEGER,
            eval_duration INTEGER,
            error TEXT,
            metadata TEXT,
            prompt TEXT NOT NULL,
            request TEXT NOT NULL DEFAULT '{}',
            thinking TEXT,
            result TEXT
        );
        CREATE INDEX prompts_in_order ON prompts (rank, seq, available_at) WHERE status = 'queued';
        CREATE INDEX prompts_by_status ON prompts (status, seq);
        CREATE INDEX prompts_to_expire ON prompts (expires_at) WHERE status = 'queued' AND expires_at IS NOT NULL;
        CREATE INDEX prompts_by_batch ON prompts (batch, seq, status) WHERE batch IS NOT NULL;
        CREATE INDEX prompts_by_model ON prompts (model, seq);
        CREATE INDEX prompts_by_end ON prompts (completed_at) WHERE completed_at IS NOT NULL;

        -- A row for each attempt that runs, and for a while after a client cancelled it.
        CREATE TABLE leases (
            seq INTEGER PRIMARY KEY,
            token TEXT NOT NULL,
            expires_at INTEGER NOT NULL -- milliseconds
        );
        CREATE TABLE attempts (
            id INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            number INTEGER NOT NULL,
            backend TEXT NOT NULL,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            error TEXT
        );
        CREATE INDEX attempts_by_prompt ON attempts (seq, id);
        CREATE INDEX attempts_running ON attempts (seq) WHERE ended_at IS NULL;
        CREATE TABLE idempotency_keys (
            key TEXT PRIMARY KEY,
            seq INTEGER NOT NULL,
            expires_at INTEGER NOT NULL -- milliseconds
        );
        CREATE INDEX idempotency_keys_by_prompt ON idempotency_keys (seq);
        CREATE INDEX idempotency_keys_to_expire ON idempotency_keys (expires_at);

        -- How many prompts have each status, kept by triggers so that scripts keep it too.
        CREATE TABLE counts (status TEXT PRIMARY KEY, prompts INTEGER NOT NULL);
        INSERT INTO counts VALUES ('queued', 0), ('processing', 0), ('completed', 0), ('failed', 0), ('cancelled', 0);
        CREATE TRIGGER prompt_added AFTER INSERT ON prompts BEGIN
            UPDATE counts SET prompts = prompts + 1 WHERE status = NEW.status;
        END;
        CREATE TRIGGER prompt_moved AFTER UPDATE OF status ON prompts WHEN NEW.status <> OLD.status BEGIN
            UPDATE counts SET prompts = prompts - 1 WHERE status = OLD.status;
            UPDATE counts SET prompts = prompts + 1 WHERE status = NEW.status;
        END;
        CREATE TRIGGER prompt_removed AFTER DELETE ON prompts BEGIN
            UPDATE counts SET prompts = prompts - 1 WHERE status = OLD.status;
            DELETE FROM attempts WHERE seq = OLD.seq;
            DELETE FROM idempotency_keys WHERE seq = OLD.seq;
        END;
        """,
        """
        -- Shared by the leases of prompts that run one after the other; NULL: one of its own.
        ALTER TABLE leases ADD COLUMN slot TEXT;

        -- How many of 256 numbers that follow one another are those of prompts that were removed; no row: none of them.
        CREATE TABLE removals (block INTEGER PRIMARY KEY, prompts INTEGER NOT NULL);
        WITH RECURSIVE
            last(seq) AS (SELECT seq FROM sqlite_sequence WHERE name = 'prompts'),
            blocks(block, first, last) AS (
                SELECT 0, 1, min(256, seq) FROM last WHERE seq > 0
                UNION ALL
                SELECT block + 1, first + 256, min(blocks.last + 256, seq) FROM blocks, last WHERE blocks.last < seq
            )
        INSERT INTO removals
        SELECT block, last - first + 1 - there
        FROM (SELECT *, (SELECT count(*) FROM prompts WHERE seq BETWEEN first AND last) AS there FROM blocks)
        WHERE there < last - first + 1;
        CREATE TRIGGER prompt_number_removed AFTER DELETE ON prompts BEGIN
            INSERT INTO removals VALUES ((OLD.seq - 1) / 256, 1) ON CONFLICT (block) DO UPDATE SET prompts = prompts + 1;
        END;
        """,
        """
        -- What has been generated for prompts that are processing, part after part; none of it outlives that status.
        CREATE TABLE chunks (
            seq INTEGER NOT NULL,
            text_end INTEGER NOT NULL, -- characters (UTF-16) of the answer, with this part
            thinking_end INTEGER NOT NULL,
            text TEXT NOT NULL,
            thinking TEXT NOT NULL,
            PRIMARY KEY (seq, text_end, thinking_end)
        ) WITHOUT ROWID;
        CREATE TRIGGER prompt_stopped AFTER UPDATE OF status ON prompts WHEN OLD.status = 'processing' BEGIN
            DELETE FROM chunks WHERE seq = OLD.seq;
        END;
        CREATE TRIGGER prompt_removed_amid AFTER DELETE ON prompts WHEN OLD.status = 'processing' BEGIN
            DELETE FROM chunks WHERE seq = OLD.seq;
        END;
        """,
        """
        -- The first prompts of each model are asked for, not only those of all.
        DROP INDEX prompts_in_order;
        CREATE INDEX prompts_by_turn ON prompts (coalesce(model, ''), rank, seq, available_at) WHERE status = 'queued';

        -- Where the prompt of a lease runs; each Ollama has slots of its own.
        ALTER TABLE leases ADD COLUMN backend TEXT;

        -- Calls of Ollama's own API, and what it answered, both as they came in; their headers are JSON.
        CREATE TABLE calls (seq INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, query TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);
        CREATE TABLE responses (seq INTEGER PRIMARY KEY, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);

        -- The leases of clients that wait on an open connection.
        CREATE TABLE connections (
            seq INTEGER PRIMARY KEY,
            worker TEXT, -- who alone may run the prompt; NULL: anybody
            expires_at INTEGER NOT NULL -- milliseconds
        );
        CREATE TRIGGER prompt_ended AFTER UPDATE OF status ON prompts WHEN NEW.status IN ('completed', 'failed', 'cancelled') BEGIN
            DELETE FROM connections WHERE seq = OLD.seq;
        END;
        CREATE TRIGGER prompt_queued_again AFTER UPDATE OF status ON prompts WHEN OLD.status IN ('completed', 'failed', 'cancelled') BEGIN
            DELETE FROM responses WHERE seq = OLD.seq;
        END;
        CREATE TRIGGER prompt_call_removed AFTER DELETE ON prompts BEGIN
            DELETE FROM calls WHERE seq = OLD.seq;
            DELETE FROM responses WHERE seq = OLD.seq;
            DELETE FROM connections WHERE seq = OLD.seq;
        END;
        """,
        """
        -- Who holds a lease: a worker tells its own from those of others.
        ALTER TABLE leases ADD COLUMN worker TEXT;
        """,
        """
        -- Backends went by an address with the user and the password that it had, and errors quoted it.
        UPDATE attempts SET backend = without_user(backend) WHERE backend LIKE '%://%@%';
        UPDATE attempts SET error = without_user(error) WHERE error LIKE '%://%@%';
        UPDATE leases SET backend = without_user(backend) WHERE backend LIKE '%://%@%';
        UPDATE prompts SET error = without_user(error) WHERE error LIKE '%://%@%';
        """,
        """
        -- All that the order of the queue has in memory, so that it can be read from here alone.
        DROP INDEX IF EXISTS prompts_by_turn;
        CREATE INDEX IF NOT EXISTS prompts_in_turn ON prompts (model, rank, seq, available_at, priority) WHERE status = 'queued';
        """,
        """
        -- Texts and bodies that are too long for a column, in parts that are found at once and written one after the other. What is a
        -- prompt's stands in for its column, which holds no more than the beginning; the rest waits to be adopted, or to be removed.
        CREATE TABLE IF NOT EXISTS texts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: who reads one must not come into another
            seq INTEGER, -- the prompt's; NULL: nobody's
            kind TEXT, -- what of the prompt: prompt, request, call, response, result or thinking
            length INTEGER NOT NULL, -- bytes
            expires_at INTEGER -- milliseconds; when it is removed; NULL: with its prompt
        );
        CREATE UNIQUE INDEX IF NOT EXISTS texts_by_prompt ON texts (seq, kind) WHERE seq IS NOT NULL;
        CREATE INDEX IF NOT EXISTS texts_to_remove ON texts (expires_at) WHERE expires_at IS NOT NULL;
        CREATE TABLE IF NOT EXISTS parts (id INTEGER PRIMARY KEY, text INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS parts_in_order ON parts (text, number);
        CREATE TRIGGER IF NOT EXISTS prompt_texts_void AFTER UPDATE OF status ON prompts WHEN OLD.status IN ('completed', 'failed', 'cancelled') BEGIN
            UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = OLD.seq AND kind IN ('response', 'result', 'thinking');
        END;
        CREATE TRIGGER IF NOT EXISTS prompt_texts_removed AFTER DELETE ON prompts BEGIN
            UPDATE texts SET seq = NULL, kind = NULL, expires_at = 0 WHERE seq = OLD.seq;
        END;
        """,
        """
        -- The first step uses functions that SQLite 3.40 lacks, which is what Debian 12 has: its command sqlite3 could write nothing. To
        -- change a constraint without copying the table is to edit the schema (https://sqlite.org/lang_altertable.html, section 7).
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
            'unhex(id, ''-'') IS NOT NULL AND id = lower(id)',
            'typeof(id) = ''text'' AND length(CAST(id AS BLOB)) = 36
                AND length(replace(id, ''-'', '''')) = 32 AND id NOT GLOB ''*[^-0-9a-f]*'''),
            'unhex(batch, ''-'') IS NOT NULL AND batch = lower(batch)',
            'typeof(batch) = ''text'' AND length(CAST(batch AS BLOB)) = 36
                AND length(replace(batch, ''-'', '''')) = 32 AND batch NOT GLOB ''*[^-0-9a-f]*'''),
            'unixepoch(''subsec'') * 1000',
            'round((julianday(''now'') - 2440587.5) * 86400000)')
        WHERE type = 'table' AND name = 'prompts';
        PRAGMA writable_schema = RESET;
        -- A change of the usual kind, so that other connections read the schema anew.
        DROP TRIGGER prompt_added;
        CREATE TRIGGER prompt_added AFTER INSERT ON prompts BEGIN
            UPDATE counts SET prompts = prompts + 1 WHERE status = NEW.status;
        END;
        """,
        """
        -- The checksums of texts and bodies (CRC-32C); NULL: an older version or a script wrote it.
        ALTER TABLE prompts ADD COLUMN prompt_checksum INTEGER;
        ALTER TABLE prompts ADD COLUMN request_checksum INTEGER;
        ALTER TABLE prompts ADD COLUMN result_checksum INTEGER;
        ALTER TABLE prompts ADD COLUMN thinking_checksum INTEGER;
        ALTER TABLE calls ADD COLUMN checksum INTEGER;
        ALTER TABLE responses ADD COLUMN checksum INTEGER;
        ALTER TABLE parts ADD COLUMN checksum INTEGER;
        -- A text that is changed without its checksum has none from then on.
        CREATE TRIGGER prompt_text_changed AFTER UPDATE OF prompt, request ON prompts BEGIN
            UPDATE prompts SET prompt_checksum = NULL, request_checksum = NULL WHERE seq = NEW.seq;
        END;
        CREATE TRIGGER call_changed AFTER UPDATE OF body ON calls BEGIN
            UPDATE calls SET checksum = NULL WHERE seq = NEW.seq;
        END;
        CREATE TRIGGER response_changed AFTER UPDATE OF body ON responses BEGIN
            UPDATE responses SET checksum = NULL WHERE seq = NEW.seq;
        END;
        CREATE TRIGGER prompt_result_changed AFTER UPDATE OF result, thinking ON prompts
        WHEN NEW.result_checksum IS OLD.result_checksum AND NEW.thinking_checksum IS OLD.thinking_checksum
            AND coalesce(NEW.result_checksum, NEW.thinking_checksum) IS NOT NULL BEGIN
            UPDATE prompts SET result_checksum = NULL, thinking_checksum = NULL WHERE seq = NEW.seq;
        END;
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Makes the tables of a new file, takes over that of the original program, or migrates an older one.</summary>
    /// <exception cref="StoreException">The file is of a newer version, or not ours. Nothing was changed.</exception>
    public static void Prepare(SqliteConnection connection, string path, LegacyImport takeover)
    {
        RefuseForeign(connection, path);
        if (connection.Number("SELECT count(*) FROM sqlite_schema") == 0)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"); // Has no effect once there is a table.
        connection.Execute("PRAGMA journal_mode = WAL");
        var users = new UserRemoval();
        users.AddTo(connection);
        Migrate(connection, path, takeover);

        // Of a file that was not ours from the start, or whose first vacuum was cut short; and what was removed is still in the file.
        if (connection.Number("PRAGMA auto_vacuum") != 2 || users.HasRemoved)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Migrate(SqliteConnection connection, string path, LegacyImport takeover)
    {
        if (CurrentVersion(connection) == Version)
            return;

        // Looked at again under the lock: another process may have been quicker.
        using var transaction = connection.BeginTransaction(deferred: false);
        RefuseForeign(connection, path);
        for (var version = CurrentVersion(connection); version < Version; version++)
        {
            var original = version == 0 && LegacyImport.IsOriginal(connection);
            if (original)
                LegacyImport.SetAside(connection);
            connection.Execute(Migrations[version]);
            if (original)
                takeover.Copy(connection);
            connection.Execute($"PRAGMA user_version = {version + 1}");
        }
        transaction.Commit();
    }

    private static void RefuseForeign(SqliteConnection connection, string path)
    {
        var version = CurrentVersion(connection);
        if (version > Version)
            throw new StoreException($"The database {path} is of version {version}, written by a newer Ollama Proxy; this one knows versions up to {Version}. Update the program, or set OLLAMA_PROXY_DB to another file.");
        if (version == 0 && connection.Number("SELECT count(*) FROM sqlite_schema") > 0 && !LegacyImport.IsOriginal(connection))
            throw new StoreException($"The database {path} belongs to another program. Set OLLAMA_PROXY_DB to another file.");
    }

    private static long CurrentVersion(SqliteConnection connection) => connection.Number("PRAGMA user_version");
}
