-- Deletes keys that were kept for $1 seconds.
DELETE FROM $S.accepted WHERE accepted_at < now() - $1 * interval '1 second'
