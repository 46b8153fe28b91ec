-- One row per agent, and the Unknown member -1.
SELECT
  k.agent_key,
  a.agent_id,
  a.agent_name,
  a.department,
  a.skill_level,
  a.is_active,
  a.hire_date,
  a.source_system
FROM gold.agents AS a
INNER JOIN gold.agent_keys AS k ON k.agent_id = a.agent_id
UNION ALL
SELECT
  CAST(-1 AS INTEGER) AS agent_key,
  'unknown' AS agent_id,
  'Unknown' AS agent_name,
  CAST(NULL AS VARCHAR) AS department,
  CAST(NULL AS VARCHAR) AS skill_level,
  CAST(NULL AS BOOLEAN) AS is_active,
  CAST(NULL AS DATE) AS hire_date,
  CAST(NULL AS VARCHAR) AS source_system
