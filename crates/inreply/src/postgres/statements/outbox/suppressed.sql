SELECT mailbox, reason, since FROM $S.suppressed WHERE mailbox = ANY ($1)
