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
groups AS (
    SELECT m.customer_id, s.name
    FROM segment_members m
    JOIN segments s ON s.id = m.segment_id AND s.as_of = m.as_of AND s.deleted_at IS NULL AND s.ended_on IS NULL
    WHERE m.deleted_at IS NULL AND $split = 'segment'
),
bought AS (
    SELECT o.id, o.customer_id, o.ordered_at, CAST(k.period AS DATE) AS ordered_on,
           CASE $split WHEN 'channel' THEN coalesce(o.channel, '') WHEN 'country' THEN coalesce(o.country, '')
               WHEN 'region' THEN coalesce(c.region, '') ELSE '' END AS series
    FROM orders o
    JOIN calendar k ON k.slot = date_trunc($slot, o.ordered_at)
    JOIN customers c ON c.id = o.customer_id AND c.deleted_at IS NULL
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0 AND o.ordered_at < CAST($until AS TIMESTAMP)
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
),
steps AS (
    SELECT customer_id, ordered_on, row_number() OVER by_time AS step, lead(ordered_on) OVER by_time AS next_on,
           first_value(series) OVER by_time AS series
    FROM bought
    WINDOW by_time AS (PARTITION BY customer_id ORDER BY ordered_at, id)
),
told AS (
    SELECT coalesce(g.name, s.series) AS series, s.step, s.next_on IS NOT NULL AS went_on,
           date_diff('day', s.ordered_on, coalesce(s.next_on, CAST($last AS DATE))) AS days
    FROM steps s
    LEFT JOIN groups g ON g.customer_id = s.customer_id
    WHERE s.step <= $most AND ($split <> 'segment' OR g.name IS NOT NULL)
)
SELECT series, step, went_on, days, count(*) AS customers
FROM told
GROUP BY series, step, went_on, days
ORDER BY series, step, went_on, days
