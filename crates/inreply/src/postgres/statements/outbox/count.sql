SELECT count(*) FROM $S.outgoing
