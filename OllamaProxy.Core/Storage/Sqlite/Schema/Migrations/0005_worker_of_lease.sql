-- Who holds a lease: a worker tells its own from those of others.
ALTER TABLE leases ADD COLUMN worker TEXT;
