-- After a customer's first, second, third … order: how many went on to the next one and after how many days, and how many
-- have not yet and wait for how many days, up to $most orders.
--   series web | step 1 | went_on true  | days 31 | customers 12     the second order came 31 days after the first
--   series web | step 1 | went_on false | days 80 | customers 5      it has not come in the 80 days since the first
-- $split, $segment, $slot, $until and which orders count: as in cohorts.sql; the periods of `calendar` are local days. Days
-- are whole days between them, up to the day $last for who still waits.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
bought AS (
    SELECT o.id, o.customer_id, o.ordered_at, CAST(k.period AS DATE) AS ordered_on,
           CASE $split WHEN 'channel' THEN coalesce(o.channel, '') WHEN 'country' THEN coalesce(o.country, '')
               ELSE '' END AS at_order
    FROM orders o
    JOIN calendar k ON k.slot = date_trunc($slot, o.ordered_at)
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0 AND o.customer_id IS NOT NULL
        AND o.ordered_at < CAST($until AS TIMESTAMP)
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
),
began AS (
    SELECT customer_id, min(ordered_at) AS first_at
    FROM bought
    WHERE $split IN ('channel', 'country')
    GROUP BY customer_id
),
first_values AS (
    SELECT b.customer_id, min_by(b.at_order, b.id) AS at_order
    FROM bought b
    JOIN began f ON f.customer_id = b.customer_id AND f.first_at = b.ordered_at
    GROUP BY b.customer_id
),
labelled AS (
    SELECT c.id AS customer_id,
           CASE $split WHEN 'region' THEN coalesce(c.region, '') ELSE coalesce(v.at_order, '') END AS series
    FROM customers c
    LEFT JOIN first_values v ON v.customer_id = c.id
    WHERE c.deleted_at IS NULL AND $split <> 'segment'
    UNION ALL
    SELECT m.customer_id, s.name AS series
    FROM segment_members m
    JOIN customers c ON c.id = m.customer_id AND c.deleted_at IS NULL
    JOIN segments s ON s.id = m.segment_id AND s.as_of = m.as_of AND s.deleted_at IS NULL AND s.ended_on IS NULL
    WHERE m.deleted_at IS NULL AND $split = 'segment'
),
steps AS (
    SELECT customer_id, ordered_on, row_number() OVER by_time AS step, lead(ordered_on) OVER by_time AS next_on
    FROM bought
    WINDOW by_time AS (PARTITION BY customer_id ORDER BY ordered_at, id)
),
told AS (
    SELECT customer_id, step, next_on IS NOT NULL AS went_on,
           date_diff('day', ordered_on, coalesce(next_on, CAST($last AS DATE))) AS days
    FROM steps
    WHERE step <= $most
)
SELECT l.series, t.step, t.went_on, t.days, count(*) AS customers
FROM told t
JOIN labelled l ON l.customer_id = t.customer_id
GROUP BY l.series, t.step, t.went_on, t.days
ORDER BY l.series, t.step, t.went_on, t.days
