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
