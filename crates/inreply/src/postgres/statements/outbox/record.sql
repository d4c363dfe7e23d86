-- The result of a try: the message $1 of the holder $2 is in the state $3, and due at $4.
UPDATE $S.outgoing SET state = $3, next_try = $4 WHERE id = $1 AND holder = $2
