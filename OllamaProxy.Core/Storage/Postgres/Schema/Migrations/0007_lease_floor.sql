-- A lease is gone after seconds, but its dead row stays for as long as somebody holds an old snapshot, and a minute of those made every
-- claim five times as slow. So a lease knows the transaction that made it, and instances know one before which no lease is left.
ALTER TABLE leases ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX leases_by_transaction ON leases (xact);

-- As before, but by the index, and from that transaction on: an instance tells it in the setting ollama_proxy.lease_floor, where it knows
-- one. The planner may not choose another way, since it could take the table for a short one.
CREATE OR REPLACE FUNCTION slot_for(
    p_token uuid, p_backend bytea, p_concurrency integer, p_takes_slot boolean, p_after_seq bigint, p_after_token uuid)
RETURNS uuid LANGUAGE plpgsql SET search_path = ollama_proxy SET enable_seqscan = off AS $$
DECLARE
    shared uuid := (SELECT slot FROM leases WHERE seq = p_after_seq AND token = p_after_token);
    lease_floor xid8 := coalesce(nullif(current_setting('ollama_proxy.lease_floor', true), ''), '0')::xid8;
BEGIN
    IF shared IS NOT NULL THEN
        RETURN shared;
    END IF;
    IF NOT p_takes_slot
        OR (SELECT count(DISTINCT slot) FROM leases WHERE xact >= lease_floor AND backend = p_backend) < p_concurrency
    THEN
        RETURN p_token;
    END IF;
    RETURN NULL;
END $$;
