SELECT min(next_try) FROM $S.outgoing WHERE holder IS NULL
