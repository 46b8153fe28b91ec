-- One row per agent of the care centre.
SELECT
  'care' AS system,
  'care:' || agent_id AS agent_id,
  agent_name,
  department,
  skill_level,
  is_active,
  hire_date
FROM care.agents
