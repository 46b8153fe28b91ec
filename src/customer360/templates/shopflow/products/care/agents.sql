-- One row per customer service agent.
-- kind: view
SELECT
  agent_id,
  agent_name,
  employee_id,
  department,
  skill_level,
  is_active,
  hire_date
FROM raw_care.agents
