-- Whether the key $1 of the message $2 is new. Who has the same key in a transaction that is open is waited for.
INSERT INTO $S.accepted (key, id) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING id
