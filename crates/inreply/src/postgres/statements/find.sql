SELECT id, folder, reason FROM $S.message WHERE id = $1
