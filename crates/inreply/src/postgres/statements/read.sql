SELECT octets FROM $S.octets WHERE id = $1
