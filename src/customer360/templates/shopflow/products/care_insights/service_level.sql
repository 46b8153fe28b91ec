-- One row per priority: the hours to a solution that were promised.
-- kind: view
SELECT s.key AS priority, CAST(s.value AS DOUBLE) AS hours
FROM {{ policy('sla_hours') }} AS s
