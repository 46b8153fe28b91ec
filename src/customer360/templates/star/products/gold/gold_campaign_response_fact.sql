-- One row per mailing, click, purchase or unsubscribe of a person and campaign.
SELECT
  c.contact_id,
  COALESCE(r.customer_key, -1) AS customer_key,
  COALESCE(k.campaign_key, -1) AS campaign_key,
  CAST(
    YEAR(c.contact_date) * 10000 + MONTH(c.contact_date) * 100 + DAY(c.contact_date) AS INTEGER
  ) AS date_key,
  c.response_type,
  c.source_response_type,
  c.offer_id,
  COALESCE(v.customer_version_key, -1) AS customer_version_key,
  c.contact_date,
  c.system AS source_system
FROM conformed.campaign_contact AS c
LEFT JOIN gold.record_keys AS r ON r.system = COALESCE(c.record_system, c.system) AND r.record_id = c.record_id
LEFT JOIN gold.customer_versions AS v
  ON v.customer_key = r.customer_key
  AND c.contact_date >= v.valid_from
  AND c.contact_date < v.valid_to
LEFT JOIN gold.campaign_keys AS k ON k.campaign_id = c.campaign_id
WHERE c.contact_date <= as_of()
