-- One row per agent: those of a list, and those that only contacts name.
-- kind: view
SELECT
  agent_id,
  MIN(system) AS source_system,
  MAX(agent_name) AS agent_name,
  MAX(department) AS department,
  MAX(skill_level) AS skill_level,
  MAX(CASE WHEN is_active THEN 1 WHEN NOT is_active THEN 0 END) = 1 AS is_active,
  MIN(hire_date) AS hire_date
FROM (
  SELECT agent_id, system, agent_name, department, skill_level, is_active, hire_date
  FROM conformed.agent
  UNION ALL
  SELECT DISTINCT
    agent_id,
    system,
    CAST(NULL AS VARCHAR),
    CAST(NULL AS VARCHAR),
    CAST(NULL AS VARCHAR),
    CAST(NULL AS BOOLEAN),
    CAST(NULL AS DATE)
  FROM conformed.interaction
  WHERE agent_id IS NOT NULL
) AS named
GROUP BY agent_id
