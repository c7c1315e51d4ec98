-- Every message that says something, the oldest first: communications and service requests up to a day.
--   communications | 5 | 17 | 2026-03-01 10:02 | email | in | (none) | … | Where is my order? | It is three days late
-- `row_id` is of the table that `source` names; subject and content are as they were written.
SELECT 'communications' AS source, c.id AS row_id, c.customer_id, c.occurred_at, c.channel, c.direction,
       CAST(NULL AS VARCHAR) AS category, CAST(NULL AS BIGINT) AS satisfaction, c.campaign_id, c.subject, c.content
FROM communications c
WHERE c.deleted_at IS NULL AND c.occurred_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
UNION ALL
SELECT 'service_requests', r.id, r.customer_id, r.opened_at, r.channel, 'in',
       r.category, r.satisfaction, CAST(NULL AS BIGINT), r.subject, r.content
FROM service_requests r
WHERE r.deleted_at IS NULL AND coalesce(r.subject, r.content) IS NOT NULL
  AND r.opened_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
ORDER BY 4, 1, 2
