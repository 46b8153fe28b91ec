-- One row per customer: what service contacts, web visits, campaigns and plans tell. NULL where no system tells it.
WITH service AS (
  SELECT
    r.customer_key,
    i.interaction_date,
    i.interaction_type,
    i.satisfaction_1_5,
    i.status,
    ROW_NUMBER() OVER (
      PARTITION BY r.customer_key ORDER BY i.started_at DESC, i.interaction_id DESC
    ) AS place
  FROM conformed.interaction AS i
  INNER JOIN gold.record_keys AS r
    ON r.system = COALESCE(i.record_system, i.system) AND r.record_id = i.record_id
  WHERE i.interaction_date <= as_of()
),
service_sums AS (
  SELECT
    customer_key,
    COUNT(*) AS service_contacts,
    COUNT(CASE WHEN status IN ('open', 'pending', 'escalated') THEN 1 END) AS open_tickets,
    MAX(interaction_date) AS last_interaction_date,
    MAX(CASE WHEN place = 1 THEN interaction_type END) AS last_interaction_type,
    AVG(satisfaction_1_5) AS average_satisfaction_score,
    COUNT(satisfaction_1_5) AS scored_contacts
  FROM service
  GROUP BY customer_key
),
visit_sums AS (
  SELECT
    customer_key,
    COUNT(*) AS total_website_visits,
    AVG(time_spent_seconds) AS average_time_spent_on_site,
    MAX(session_date) AS last_visit_date
  FROM gold.gold_web_session_fact
  WHERE customer_key <> -1
  GROUP BY customer_key
),
viewed AS (
  -- Views are many: they are counted by session and product before anything is joined.
  SELECT session_id, product_id, COUNT(*) AS views
  FROM conformed.web_event
  WHERE event_type = 'view' AND product_id IS NOT NULL AND session_id IS NOT NULL AND event_date <= as_of()
  GROUP BY session_id, product_id
  UNION ALL
  SELECT s.session_id, e.product_id, COUNT(*)
  FROM conformed.web_event AS e
  INNER JOIN conformed.event_session AS s ON s.event_id = e.event_id
  WHERE e.event_type = 'view' AND e.product_id IS NOT NULL AND e.event_date <= as_of()
  GROUP BY s.session_id, e.product_id
),
view_sums AS (
  SELECT
    w.customer_key,
    p.category,
    ROW_NUMBER() OVER (PARTITION BY w.customer_key ORDER BY SUM(v.views) DESC, p.category) AS place
  FROM viewed AS v
  INNER JOIN gold.gold_web_session_fact AS w ON w.session_id = v.session_id
  INNER JOIN conformed.product AS p ON p.product_id = v.product_id
  WHERE w.customer_key <> -1 AND p.category IS NOT NULL
  GROUP BY w.customer_key, p.category
),
contacts AS (
  SELECT
    r.customer_key,
    c.campaign_id,
    c.channel,
    c.contact_date,
    c.response_type
  FROM conformed.campaign_contact AS c
  INNER JOIN gold.record_keys AS r
    ON r.system = COALESCE(c.record_system, c.system) AND r.record_id = c.record_id
  WHERE c.contact_date <= as_of()
),
campaign_sums AS (
  SELECT
    customer_key,
    COUNT(DISTINCT campaign_id) AS campaigns_received,
    COUNT(DISTINCT CASE WHEN response_type IN ('click', 'purchase') THEN campaign_id END) AS campaigns_responded,
    MAX(CASE WHEN response_type IN ('click', 'purchase') THEN contact_date END) AS last_response_date,
    MAX(CASE WHEN response_type = 'unsubscribe' AND channel = 'Email' THEN 1 ELSE 0 END) AS left_email,
    MAX(CASE WHEN response_type = 'unsubscribe' AND channel = 'Social Media' THEN 1 ELSE 0 END) AS left_social_media,
    MAX(CASE WHEN response_type = 'unsubscribe' AND channel IN ('Print', 'Direct Mail') THEN 1 ELSE 0 END) AS left_post,
    MAX(CASE WHEN response_type = 'unsubscribe' THEN 1 ELSE 0 END) AS left_any
  FROM contacts
  GROUP BY customer_key
),
channels AS (
  SELECT
    customer_key,
    channel,
    ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY COUNT(*) DESC, channel) AS place
  FROM contacts
  WHERE response_type IN ('click', 'purchase')
  GROUP BY customer_key, channel
),
plans AS (
  SELECT
    r.customer_key,
    p.plan_name,
    p.monthly_fee,
    ROW_NUMBER() OVER (PARTITION BY r.customer_key ORDER BY p.start_date DESC, p.subscription_id DESC) AS place
  FROM conformed.plan_subscription AS p
  INNER JOIN gold.record_keys AS r
    ON r.system = COALESCE(p.record_system, p.system) AND r.record_id = p.record_id
  WHERE p.start_date <= as_of() AND (p.end_date IS NULL OR p.end_date >= as_of())
),
known AS (
  SELECT
    (SELECT COUNT(*) FROM conformed.web_event) > 0 AS has_web,
    (SELECT COUNT(*) FROM conformed.interaction) > 0 AS has_service
)
SELECT
  k.customer_key,
  CASE WHEN w.has_service THEN COALESCE(s.service_contacts, 0) END AS service_contacts,
  CASE WHEN w.has_service THEN COALESCE(s.open_tickets, 0) END AS open_tickets,
  s.last_interaction_date,
  s.last_interaction_type,
  s.average_satisfaction_score,
  s.scored_contacts,
  CASE WHEN w.has_web THEN COALESCE(v.total_website_visits, 0) END AS total_website_visits,
  v.average_time_spent_on_site,
  v.last_visit_date,
  c.category AS most_viewed_product_category,
  COALESCE(m.campaigns_received, 0) AS campaigns_received,
  COALESCE(m.campaigns_responded, 0) AS campaigns_responded,
  1.0 * m.campaigns_responded / NULLIF(m.campaigns_received, 0) AS campaign_response_rate,
  h.channel AS preferred_marketing_channel,
  -- Who never unsubscribed may be written to.
  COALESCE(m.left_email, 0) = 0 AS consent_email,
  COALESCE(m.left_social_media, 0) = 0 AS consent_social_media,
  COALESCE(m.left_post, 0) = 0 AS consent_post,
  COALESCE(m.left_any, 0) = 1 AS has_unsubscribed,
  p.plan_name,
  p.monthly_fee AS plan_monthly_fee,
  GREATEST(s.last_interaction_date, v.last_visit_date, m.last_response_date) AS last_contact_date
FROM gold.customer_keys AS k
CROSS JOIN known AS w
LEFT JOIN service_sums AS s ON s.customer_key = k.customer_key
LEFT JOIN visit_sums AS v ON v.customer_key = k.customer_key
LEFT JOIN view_sums AS c ON c.customer_key = k.customer_key AND c.place = 1
LEFT JOIN campaign_sums AS m ON m.customer_key = k.customer_key
LEFT JOIN channels AS h ON h.customer_key = k.customer_key AND h.place = 1
LEFT JOIN plans AS p ON p.customer_key = k.customer_key AND p.place = 1
