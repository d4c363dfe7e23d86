SELECT id, state, next_try, o.octets FROM $S.outgoing JOIN $S.outgoing_octets o USING (id) WHERE id = $1
