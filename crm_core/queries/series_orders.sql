-- What orders brought in each period (day, week from Monday, month, quarter or year, by $interval) up to the day before
-- $until, split by a column of theirs; cancelled orders are left out.
--   period 2026-01-05 | series web | revenue 51234.50 | orders 812 | customers 640
-- $segment narrows it to the customers of a kept segment where it is not 0. $split: '', channel, country, region.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
)
SELECT CAST(date_trunc($interval, o.ordered_at) AS DATE) AS period,
       CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country WHEN 'region' THEN c.region ELSE '' END AS series,
       CAST(sum(o.amount) AS DOUBLE) AS revenue,
       count(*) AS orders,
       count(DISTINCT o.customer_id) AS customers
FROM orders o
LEFT JOIN customers c ON $split = 'region' AND c.id = o.customer_id
WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.ordered_at < CAST($until AS DATE)
    AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
GROUP BY 1, 2
ORDER BY 1, 2
