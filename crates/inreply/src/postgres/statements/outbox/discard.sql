WITH gone AS (
    DELETE FROM $S.outgoing WHERE id = $1 RETURNING id
), emptied AS (
    DELETE FROM $S.outgoing_octets o USING gone WHERE o.id = gone.id
)
SELECT id FROM gone
