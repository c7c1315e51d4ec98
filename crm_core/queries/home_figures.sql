-- The key figures of the `days` days that end on $as_of, beside those of as many days before.
--   figure customers_new | now 41 | before 38
-- $segment narrows it to the customers of a kept segment where it is not 0.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
bounds AS (
    SELECT CAST($as_of AS DATE) AS last_day, CAST($days AS INTEGER) AS days
),
sales AS (
    SELECT o.customer_id, o.amount, CAST(o.ordered_at AS DATE) AS day
    FROM orders o
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
      AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
),
firsts AS (
    SELECT customer_id, min(day) AS day FROM sales WHERE customer_id IS NOT NULL GROUP BY customer_id
),
windowed AS (
    SELECT s.customer_id, s.amount,
           date_diff('day', s.day, b.last_day) < b.days AS recent
    FROM sales s CROSS JOIN bounds b
    WHERE date_diff('day', s.day, b.last_day) >= 0 AND date_diff('day', s.day, b.last_day) < 2 * b.days
),
messages AS (
    SELECT date_diff('day', CAST(m.occurred_at AS DATE), b.last_day) < b.days AS recent
    FROM communications m CROSS JOIN bounds b
    WHERE m.deleted_at IS NULL AND m.direction = 'in'
      AND ($segment = 0 OR m.customer_id IN (SELECT customer_id FROM members))
      AND date_diff('day', CAST(m.occurred_at AS DATE), b.last_day) >= 0
      AND date_diff('day', CAST(m.occurred_at AS DATE), b.last_day) < 2 * b.days
),
requests AS (
    SELECT r.opened_at, r.closed_at, b.last_day, b.days
    FROM service_requests r CROSS JOIN bounds b
    WHERE r.deleted_at IS NULL AND ($segment = 0 OR r.customer_id IN (SELECT customer_id FROM members))
)
SELECT 'revenue' AS figure, CAST(sum(CASE WHEN recent THEN amount END) AS DOUBLE) AS now,
       CAST(sum(CASE WHEN NOT recent THEN amount END) AS DOUBLE) AS before FROM windowed
UNION ALL
SELECT 'orders', CAST(sum(CASE WHEN recent THEN 1 ELSE 0 END) AS DOUBLE),
       CAST(sum(CASE WHEN NOT recent THEN 1 ELSE 0 END) AS DOUBLE) FROM windowed
UNION ALL
SELECT 'customers_buying', CAST(count(DISTINCT CASE WHEN recent THEN customer_id END) AS DOUBLE),
       CAST(count(DISTINCT CASE WHEN NOT recent THEN customer_id END) AS DOUBLE) FROM windowed
UNION ALL
SELECT 'customers_new',
       CAST(sum(CASE WHEN date_diff('day', f.day, b.last_day) >= 0
                      AND date_diff('day', f.day, b.last_day) < b.days THEN 1 ELSE 0 END) AS DOUBLE),
       CAST(sum(CASE WHEN date_diff('day', f.day, b.last_day) >= b.days
                      AND date_diff('day', f.day, b.last_day) < 2 * b.days THEN 1 ELSE 0 END) AS DOUBLE)
FROM firsts f CROSS JOIN bounds b
UNION ALL
SELECT 'messages_in', CAST(sum(CASE WHEN recent THEN 1 ELSE 0 END) AS DOUBLE),
       CAST(sum(CASE WHEN NOT recent THEN 1 ELSE 0 END) AS DOUBLE) FROM messages
UNION ALL
SELECT 'requests_open',
       CAST(sum(CASE WHEN date_diff('day', CAST(opened_at AS DATE), last_day) >= 0
                      AND (closed_at IS NULL OR date_diff('day', CAST(closed_at AS DATE), last_day) < 0)
                     THEN 1 ELSE 0 END) AS DOUBLE),
       CAST(sum(CASE WHEN date_diff('day', CAST(opened_at AS DATE), last_day) >= days
                      AND (closed_at IS NULL OR date_diff('day', CAST(closed_at AS DATE), last_day) < days)
                     THEN 1 ELSE 0 END) AS DOUBLE)
FROM requests
