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
