-- What the book comes to: every figure that a deed may change, so that before and after can be held against each other.
--   revenue |     | 834.5000
--   segment | 3   | 120          (part: the segment's id)
-- Cancelled orders count neither as orders nor as money; those of a deleted customer are nobody's.
-- Labelled messages are those that are not deleted, by whatever question they were labelled.
-- Frozen scores are those of living customers, run by run (part: the run's id).
WITH sales AS (
    SELECT count(*) AS orders, coalesce(sum(o.amount), 0) AS revenue, count(DISTINCT c.id) AS buyers,
           coalesce(sum(CASE WHEN c.id IS NULL THEN o.amount END), 0) AS revenue_of_nobody
    FROM orders o
    LEFT JOIN customers c ON c.id = o.customer_id AND c.deleted_at IS NULL
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
),
people AS (
    SELECT count(*) AS customers,
           sum(CASE WHEN consent_email AND email IS NOT NULL THEN 1 ELSE 0 END) AS email,
           sum(CASE WHEN consent_sms AND phone IS NOT NULL THEN 1 ELSE 0 END) AS sms,
           sum(CASE WHEN consent_phone AND phone IS NOT NULL THEN 1 ELSE 0 END) AS phone,
           sum(CASE WHEN consent_social THEN 1 ELSE 0 END) AS social,
           sum(CASE WHEN consent_chat THEN 1 ELSE 0 END) AS chat,
           sum(CASE WHEN consent_visit THEN 1 ELSE 0 END) AS visit
    FROM customers
    WHERE deleted_at IS NULL
),
hopes AS (
    SELECT count(*) AS opportunities, coalesce(sum(amount), 0) AS amount
    FROM opportunities
    WHERE deleted_at IS NULL AND status = 'open'
),
figures AS (
    SELECT 1 AS place, 'customers' AS name, '' AS part, CAST(customers AS DECIMAL(38,4)) AS value FROM people
    UNION ALL SELECT 2, 'buyers', '', CAST(buyers AS DECIMAL(38,4)) FROM sales
    UNION ALL SELECT 3, 'products', '', CAST(count(*) AS DECIMAL(38,4)) FROM products WHERE deleted_at IS NULL
    UNION ALL SELECT 4, 'orders', '', CAST(orders AS DECIMAL(38,4)) FROM sales
    UNION ALL SELECT 5, 'revenue', '', CAST(revenue AS DECIMAL(38,4)) FROM sales
    UNION ALL SELECT 6, 'revenue_of_customers', '', CAST(revenue - revenue_of_nobody AS DECIMAL(38,4)) FROM sales
    UNION ALL SELECT 7, 'revenue_of_nobody', '', CAST(revenue_of_nobody AS DECIMAL(38,4)) FROM sales
    UNION ALL SELECT 8, 'basket', '', CAST(round(CAST(revenue AS DOUBLE) / nullif(orders, 0), 2) AS DECIMAL(38,4)) FROM sales
    UNION ALL SELECT 9, 'contactable', 'email', CAST(coalesce(email, 0) AS DECIMAL(38,4)) FROM people
    UNION ALL SELECT 9, 'contactable', 'sms', CAST(coalesce(sms, 0) AS DECIMAL(38,4)) FROM people
    UNION ALL SELECT 9, 'contactable', 'phone', CAST(coalesce(phone, 0) AS DECIMAL(38,4)) FROM people
    UNION ALL SELECT 9, 'contactable', 'social', CAST(coalesce(social, 0) AS DECIMAL(38,4)) FROM people
    UNION ALL SELECT 9, 'contactable', 'chat', CAST(coalesce(chat, 0) AS DECIMAL(38,4)) FROM people
    UNION ALL SELECT 9, 'contactable', 'visit', CAST(coalesce(visit, 0) AS DECIMAL(38,4)) FROM people
    UNION ALL
    SELECT 10, 'segment', CAST(s.id AS VARCHAR), CAST(count(c.id) AS DECIMAL(38,4))
    FROM segments s
    LEFT JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    LEFT JOIN customers c ON c.id = m.customer_id AND c.deleted_at IS NULL
    WHERE s.deleted_at IS NULL GROUP BY s.id
    UNION ALL
    SELECT 11, 'campaign', CAST(p.id AS VARCHAR), CAST(count(c.id) AS DECIMAL(38,4))
    FROM campaigns p
    LEFT JOIN campaign_members m ON m.campaign_id = p.id AND m.deleted_at IS NULL
    LEFT JOIN customers c ON c.id = m.customer_id AND c.deleted_at IS NULL
    WHERE p.deleted_at IS NULL GROUP BY p.id
    UNION ALL
    SELECT 12, 'requests_open', '', CAST(count(*) AS DECIMAL(38,4))
    FROM service_requests WHERE deleted_at IS NULL AND status <> 'closed'
    UNION ALL SELECT 13, 'opportunities_open', '', CAST(opportunities AS DECIMAL(38,4)) FROM hopes
    UNION ALL SELECT 14, 'opportunities_amount', '', CAST(amount AS DECIMAL(38,4)) FROM hopes
    UNION ALL
    SELECT 15, 'frozen_scores', CAST(r.id AS VARCHAR), CAST(count(c.id) AS DECIMAL(38,4))
    FROM runs r
    LEFT JOIN predictions p ON p.run_id = r.id AND p.deleted_at IS NULL
    LEFT JOIN customers c ON c.id = p.customer_id AND c.deleted_at IS NULL
    WHERE r.concern = 'purchase_prediction' AND r.deleted_at IS NULL GROUP BY r.id
    UNION ALL
    SELECT 16, 'labelled_messages', '', CAST(count(*) AS DECIMAL(38,4))
    FROM text_labels t
    LEFT JOIN communications c ON c.id = t.communication_id AND c.deleted_at IS NULL
    LEFT JOIN service_requests r ON r.id = t.request_id AND r.deleted_at IS NULL
    WHERE t.deleted_at IS NULL AND (c.id IS NOT NULL OR r.id IS NOT NULL)
)
SELECT name, part, value FROM figures ORDER BY place, name, part
