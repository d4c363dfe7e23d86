-- The message $1 is due at $2, or when it expires.
UPDATE $S.outgoing SET next_try = least($2, expires_at) WHERE id = $1 RETURNING id
