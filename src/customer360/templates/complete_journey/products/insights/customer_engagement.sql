-- One row per customer: what service contacts, web visits and campaigns tell about them. NULL where no system tells it.
WITH service AS (
  SELECT
    x.customer_id,
    i.interaction_date,
    i.interaction_type,
    i.satisfaction_1_5,
    ROW_NUMBER() OVER (
      PARTITION BY x.customer_id ORDER BY i.started_at DESC, i.interaction_id DESC
    ) AS place
  FROM conformed.interaction AS i
  INNER JOIN identity.customer_xref AS x ON x.system = i.system AND x.record_id = i.record_id
  WHERE i.interaction_date <= as_of()
),
service_sums AS (
  SELECT
    customer_id,
    MAX(interaction_date) AS last_interaction_date,
    MAX(CASE WHEN place = 1 THEN interaction_type END) AS last_interaction_type,
    AVG(satisfaction_1_5) AS average_satisfaction_score
  FROM service
  GROUP BY customer_id
),
visits AS (
  SELECT
    x.customer_id,
    e.system,
    e.session_id,
    MAX(e.time_spent_seconds) AS time_spent_seconds,
    MAX(e.event_date) AS visit_date
  FROM conformed.web_event AS e
  INNER JOIN identity.customer_xref AS x ON x.system = e.system AND x.record_id = e.record_id
  WHERE e.event_date <= as_of()
  GROUP BY x.customer_id, e.system, e.session_id
),
visit_sums AS (
  SELECT
    customer_id,
    COUNT(*) AS total_website_visits,
    AVG(time_spent_seconds) AS average_time_spent_on_site,
    MAX(visit_date) AS last_visit_date
  FROM visits
  GROUP BY customer_id
),
views AS (
  SELECT
    x.customer_id,
    p.category,
    ROW_NUMBER() OVER (PARTITION BY x.customer_id ORDER BY COUNT(*) DESC, p.category) AS place
  FROM conformed.web_event AS e
  INNER JOIN identity.customer_xref AS x ON x.system = e.system AND x.record_id = e.record_id
  INNER JOIN conformed.product AS p ON p.product_id = e.product_id
  WHERE e.event_type = 'view' AND e.event_date <= as_of() AND p.category IS NOT NULL
  GROUP BY x.customer_id, p.category
),
contacts AS (
  SELECT
    x.customer_id,
    c.campaign_id,
    c.channel,
    c.contact_date,
    c.response_type
  FROM conformed.campaign_contact AS c
  INNER JOIN identity.customer_xref AS x ON x.system = c.system AND x.record_id = c.record_id
  WHERE c.contact_date <= as_of()
),
campaign_sums AS (
  SELECT
    customer_id,
    COUNT(DISTINCT campaign_id) AS campaigns_received,
    COUNT(DISTINCT CASE WHEN response_type IN ('click', 'purchase') THEN campaign_id END) AS campaigns_responded,
    MAX(CASE WHEN response_type IN ('click', 'purchase') THEN contact_date END) AS last_response_date
  FROM contacts
  GROUP BY customer_id
),
channels AS (
  SELECT
    customer_id,
    channel,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY COUNT(*) DESC, channel) AS place
  FROM contacts
  WHERE response_type IN ('click', 'purchase')
  GROUP BY customer_id, channel
),
has_web AS (
  SELECT COUNT(*) > 0 AS it_has FROM conformed.web_event
)
SELECT
  k.customer_key,
  s.last_interaction_date,
  s.last_interaction_type,
  s.average_satisfaction_score,
  CASE WHEN w.it_has THEN COALESCE(v.total_website_visits, 0) END AS total_website_visits,
  v.average_time_spent_on_site,
  c.category AS most_viewed_product_category,
  COALESCE(m.campaigns_received, 0) AS campaigns_received,
  COALESCE(m.campaigns_responded, 0) AS campaigns_responded,
  1.0 * m.campaigns_responded / NULLIF(m.campaigns_received, 0) AS campaign_response_rate,
  h.channel AS preferred_marketing_channel,
  GREATEST(s.last_interaction_date, v.last_visit_date, m.last_response_date) AS last_contact_date
FROM gold.customer_keys AS k
CROSS JOIN has_web AS w
LEFT JOIN service_sums AS s ON s.customer_id = k.customer_id
LEFT JOIN visit_sums AS v ON v.customer_id = k.customer_id
LEFT JOIN views AS c ON c.customer_id = k.customer_id AND c.place = 1
LEFT JOIN campaign_sums AS m ON m.customer_id = k.customer_id
LEFT JOIN channels AS h ON h.customer_id = k.customer_id AND h.place = 1
