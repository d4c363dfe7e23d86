DELETE FROM $S.suppressed WHERE mailbox = $1 RETURNING mailbox
