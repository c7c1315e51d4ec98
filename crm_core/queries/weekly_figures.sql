-- The key figures of each of the twelve weeks that end on $as_of, the oldest first (for small lines).
--   weeks_ago 11 | revenue 9800.00 | orders 180 | customers_buying 161 | customers_new 12 | messages_in 88 | requests_open 9
-- $segment narrows it to the customers of a kept segment where it is not 0.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
weeks AS (
    SELECT * FROM (VALUES (11), (10), (9), (8), (7), (6), (5), (4), (3), (2), (1), (0)) AS w(weeks_ago)
),
bounds AS (
    SELECT CAST($as_of AS DATE) AS last_day
),
sales AS (
    SELECT o.customer_id, o.amount, CAST(floor(date_diff('day', CAST(o.ordered_at AS DATE), b.last_day) / 7) AS INTEGER) AS weeks_ago
    FROM orders o CROSS JOIN bounds b
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND CAST(o.ordered_at AS DATE) <= b.last_day
      AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
),
sold AS (
    SELECT weeks_ago, CAST(sum(amount) AS DOUBLE) AS revenue, count(*) AS orders, count(DISTINCT customer_id) AS customers_buying
    FROM sales WHERE weeks_ago < 12 GROUP BY weeks_ago
),
firsts AS (
    SELECT customer_id, max(weeks_ago) AS weeks_ago FROM sales WHERE customer_id IS NOT NULL GROUP BY customer_id
),
newcomers AS (
    SELECT weeks_ago, count(*) AS customers_new FROM firsts WHERE weeks_ago < 12 GROUP BY weeks_ago
),
messages AS (
    SELECT CAST(floor(date_diff('day', CAST(m.occurred_at AS DATE), b.last_day) / 7) AS INTEGER) AS weeks_ago, count(*) AS messages_in
    FROM communications m CROSS JOIN bounds b
    WHERE m.deleted_at IS NULL AND m.direction = 'in' AND CAST(m.occurred_at AS DATE) <= b.last_day
      AND ($segment = 0 OR m.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1
),
requests AS (
    SELECT w.weeks_ago, count(*) AS requests_open
    FROM weeks w CROSS JOIN bounds b
    JOIN service_requests r ON date_diff('day', CAST(r.opened_at AS DATE), b.last_day) >= 7 * w.weeks_ago
     AND (r.closed_at IS NULL OR date_diff('day', CAST(r.closed_at AS DATE), b.last_day) < 7 * w.weeks_ago)
    WHERE r.deleted_at IS NULL AND ($segment = 0 OR r.customer_id IN (SELECT customer_id FROM members))
    GROUP BY w.weeks_ago
)
SELECT w.weeks_ago, coalesce(s.revenue, 0) AS revenue, coalesce(s.orders, 0) AS orders,
       coalesce(s.customers_buying, 0) AS customers_buying, coalesce(n.customers_new, 0) AS customers_new,
       coalesce(m.messages_in, 0) AS messages_in, coalesce(r.requests_open, 0) AS requests_open
FROM weeks w
LEFT JOIN sold s ON s.weeks_ago = w.weeks_ago
LEFT JOIN newcomers n ON n.weeks_ago = w.weeks_ago
LEFT JOIN messages m ON m.weeks_ago = w.weeks_ago
LEFT JOIN requests r ON r.weeks_ago = w.weeks_ago
ORDER BY w.weeks_ago DESC
