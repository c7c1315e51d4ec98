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
    SELECT o.customer_id, CAST(k.period AS DATE) AS ordered_on,
           CASE $split WHEN 'channel' THEN coalesce(o.channel, '') WHEN 'country' THEN coalesce(o.country, '')
               ELSE '' END AS at_order,
           row_number() OVER (PARTITION BY o.customer_id ORDER BY o.ordered_at, o.id) AS step
    FROM orders o
    JOIN calendar k ON k.slot = date_trunc($slot, o.ordered_at)
    JOIN customers c ON c.id = o.customer_id AND c.deleted_at IS NULL
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0 AND o.ordered_at < CAST($until AS TIMESTAMP)
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
),
early AS (
    SELECT * FROM bought WHERE step <= $most + 1
),
labelled AS (
    SELECT b.customer_id, CASE $split WHEN 'region' THEN coalesce(c.region, '') ELSE b.at_order END AS series
    FROM early b
    JOIN customers c ON c.id = b.customer_id
    WHERE b.step = 1 AND $split <> 'segment'
    UNION ALL
    SELECT m.customer_id, s.name AS series
    FROM segment_members m
    JOIN segments s ON s.id = m.segment_id AND s.as_of = m.as_of AND s.deleted_at IS NULL AND s.ended_on IS NULL
    WHERE m.deleted_at IS NULL AND $split = 'segment'
),
steps AS (
    SELECT b.customer_id, b.step, n.ordered_on IS NOT NULL AS went_on,
           date_diff('day', b.ordered_on, coalesce(n.ordered_on, CAST($last AS DATE))) AS days
    FROM early b
    LEFT JOIN early n ON n.customer_id = b.customer_id AND n.step = b.step + 1
    WHERE b.step <= $most
)
SELECT l.series, s.step, s.went_on, s.days, count(*) AS customers
FROM steps s
JOIN labelled l ON l.customer_id = s.customer_id
GROUP BY l.series, s.step, s.went_on, s.days
ORDER BY l.series, s.step, s.went_on, s.days
