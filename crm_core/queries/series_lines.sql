-- What the lines of orders brought in each period, split by their products or as series_orders; cancelled orders are
-- left out.
--   period 2026-01-05 | series Tea | revenue 8300.00 | items 1210 | returned_items 12
-- The temp table `calendar` and $segment are as in series_orders; $split has category and product beside its own.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
names AS (  -- what the series of a customer is called, where a column of theirs or their segments split
    SELECT id AS customer_id,
           CASE $split WHEN 'region' THEN region WHEN 'city' THEN city WHEN 'home' THEN country
                WHEN 'source' THEN source WHEN 'industry' THEN industry ELSE stage END AS name
    FROM customers
    WHERE $split IN ('region', 'city', 'home', 'source', 'industry', 'stage')
    UNION ALL
    SELECT m.customer_id, s.name
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE $split = 'segment' AND s.deleted_at IS NULL AND s.ended_on IS NULL
),
told AS (
    SELECT CASE WHEN $slot = 'day' THEN CAST(CAST(o.ordered_at AS DATE) AS TIMESTAMP)
                ELSE date_trunc($slot, o.ordered_at) END AS slot,
           CASE $split WHEN 'category' THEN p.category WHEN 'product' THEN coalesce(p.name, p.product_no)
                WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country WHEN '' THEN '' ELSE n.name END AS series,
           sum(l.amount) AS revenue,
           sum(CASE WHEN l.quantity > 0 THEN l.quantity END) AS items,
           sum(CASE WHEN l.quantity < 0 THEN -l.quantity END) AS returned_items
    FROM order_lines l
    JOIN orders o ON o.id = l.order_id
    LEFT JOIN products p ON $split IN ('category', 'product') AND p.id = l.product_id
    LEFT JOIN names n ON n.customer_id = o.customer_id
    WHERE l.deleted_at IS NULL AND o.deleted_at IS NULL AND o.status <> 'cancelled'
        AND o.ordered_at >= $since AND o.ordered_at < $until
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1, 2
)
SELECT c.period, t.series, CAST(sum(t.revenue) AS DOUBLE) AS revenue, coalesce(sum(t.items), 0) AS items,
       coalesce(sum(t.returned_items), 0) AS returned_items
FROM told t
JOIN calendar c ON c.slot = t.slot
GROUP BY 1, 2
ORDER BY 1, 2
