-- The holder $1 sends no more: what it has is anybody's.
UPDATE $S.outgoing SET holder = NULL, held_until = NULL WHERE holder = $1
