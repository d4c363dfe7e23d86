-- How many messages are in each folder that is not empty, counted up to $1. It goes from folder to folder by the index, for the table
-- is as long as what was ever kept.
WITH RECURSIVE ended (folder) AS (
    (SELECT folder FROM $S.message WHERE folder <> 'new' ORDER BY folder LIMIT 1)
    UNION ALL
    SELECT (SELECT m.folder FROM $S.message m WHERE m.folder <> 'new' AND m.folder > ended.folder ORDER BY m.folder LIMIT 1)
    FROM ended WHERE ended.folder IS NOT NULL
)
SELECT folder, (
    SELECT count(*) FROM (SELECT FROM $S.message m WHERE m.folder = ended.folder AND m.folder <> 'new' LIMIT $1) counted
) FROM ended WHERE folder IS NOT NULL
UNION ALL
SELECT 'new', count(*) FROM (SELECT FROM $S.message WHERE folder = 'new' LIMIT $1) counted HAVING count(*) > 0
ORDER BY 1
