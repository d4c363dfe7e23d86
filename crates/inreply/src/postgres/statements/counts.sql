SELECT folder, count(*) FROM $S.message GROUP BY folder ORDER BY folder
