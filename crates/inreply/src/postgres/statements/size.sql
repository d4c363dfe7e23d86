SELECT octet_length(octets) FROM $S.octets WHERE id = $1
