-- One row per customer, with the values that survive of all their records.
SELECT
  x.customer_id,
  p.first_name,
  p.last_name,
  p.email,
  p.phone_number,
  p.date_of_birth,
  p.city,
  p.country,
  p.registration_date,
  p.loyalty_tier,
  p.age_band,
  p.income_band,
  p.household_size,
  x.confidence AS identity_confidence
FROM conformed.person_record AS p
INNER JOIN identity.customer_xref AS x ON x.system = p.system AND x.record_id = p.record_id
