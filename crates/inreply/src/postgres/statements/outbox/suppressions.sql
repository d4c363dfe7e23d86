-- At most $2 mailboxes behind $1.
SELECT mailbox, reason, since FROM $S.suppressed WHERE mailbox > $1 ORDER BY mailbox LIMIT $2
