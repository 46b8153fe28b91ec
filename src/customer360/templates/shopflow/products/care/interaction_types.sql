-- One row per type of interaction.
-- kind: view
SELECT
  interaction_type_id,
  interaction_code,
  interaction_name,
  category,
  priority_level,
  is_active
FROM raw_care.interaction_types
