SELECT count(*), min(id) FROM $S.message WHERE folder = 'new'
