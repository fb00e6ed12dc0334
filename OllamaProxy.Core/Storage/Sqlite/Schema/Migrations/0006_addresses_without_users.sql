-- Backends went by an address with the user and the password that it had, and errors quoted it.
UPDATE attempts SET backend = without_user(backend) WHERE backend LIKE '%://%@%';
UPDATE attempts SET error = without_user(error) WHERE error LIKE '%://%@%';
UPDATE leases SET backend = without_user(backend) WHERE backend LIKE '%://%@%';
UPDATE prompts SET error = without_user(error) WHERE error LIKE '%://%@%';
