-- What the customers of a cohort, those whose first order fell into the same period, ordered in each period since.
--   cohort 2026-01-01 | series web | period 2026-03-01 | customers 120 | orders 151 | revenue 8120.50
-- The temp table `calendar` says which hour (or minute, $slot) in UTC is in which local period. $split: '' for none; channel, country: of a customer's first order;
-- region: where the customer lives; segment: the kept segments, of which a customer may be in several. $segment narrows it
-- to the customers of a kept segment where it is not 0. An order counts when it is not cancelled, of a living customer,
-- worth more than nothing and placed before $until (UTC). In the period of the cohort itself all its customers ordered.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
bought AS (
    SELECT o.id, o.customer_id, o.ordered_at, o.amount, k.period,
           CASE $split WHEN 'channel' THEN coalesce(o.channel, '') WHEN 'country' THEN coalesce(o.country, '')
               ELSE '' END AS at_order
    FROM orders o
    JOIN calendar k ON k.slot = date_trunc($slot, o.ordered_at)
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0 AND o.customer_id IS NOT NULL
        AND o.ordered_at < CAST($until AS TIMESTAMP)
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
),
began AS (
    SELECT customer_id, min(ordered_at) AS first_at, min(period) AS cohort
    FROM bought
    GROUP BY customer_id
),
-- Of several orders at the very same time the first by number is the first.
first_values AS (
    SELECT b.customer_id, min_by(b.at_order, b.id) AS at_order
    FROM bought b
    JOIN began f ON f.customer_id = b.customer_id AND f.first_at = b.ordered_at
    WHERE $split IN ('channel', 'country')
    GROUP BY b.customer_id
),
labelled AS (
    SELECT f.customer_id, f.cohort,
           CASE $split WHEN 'region' THEN coalesce(c.region, '') ELSE coalesce(v.at_order, '') END AS series
    FROM began f
    JOIN customers c ON c.id = f.customer_id AND c.deleted_at IS NULL
    LEFT JOIN first_values v ON v.customer_id = f.customer_id
    WHERE $split <> 'segment'
    UNION ALL
    SELECT f.customer_id, f.cohort, s.name AS series
    FROM began f
    JOIN customers c ON c.id = f.customer_id AND c.deleted_at IS NULL
    JOIN segment_members m ON m.customer_id = f.customer_id AND m.deleted_at IS NULL
    JOIN segments s ON s.id = m.segment_id AND s.as_of = m.as_of AND s.deleted_at IS NULL AND s.ended_on IS NULL
    WHERE $split = 'segment'
),
by_period AS (
    SELECT customer_id, period, count(*) AS orders, sum(amount) AS revenue
    FROM bought
    GROUP BY customer_id, period
)
SELECT l.cohort, l.series, p.period, count(*) AS customers, CAST(sum(p.orders) AS BIGINT) AS orders,
       CAST(sum(p.revenue) AS DOUBLE) AS revenue
FROM by_period p
JOIN labelled l ON l.customer_id = p.customer_id
GROUP BY l.cohort, l.series, p.period
ORDER BY l.series, l.cohort, p.period
