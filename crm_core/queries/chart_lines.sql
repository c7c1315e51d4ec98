-- What a chart of sold products shows, as chart_orders does of orders: $by and $split are '', period, category, product,
-- channel, country, weekday.
--   period NULL | name tea | other web | value NULL | lines 2310 | revenue 40321.00 | quantity 2950 | orders 2208
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
)
SELECT clock.period,
       CASE $by WHEN 'category' THEN p.category WHEN 'product' THEN coalesce(p.name, l.description) WHEN 'channel' THEN o.channel
           WHEN 'country' THEN o.country
           WHEN 'weekday' THEN clock.weekday
           END AS name,
       CASE $split WHEN 'category' THEN p.category WHEN 'product' THEN coalesce(p.name, l.description) WHEN 'channel' THEN o.channel
           WHEN 'country' THEN o.country
           WHEN 'weekday' THEN clock.weekday
           END AS other,
       CASE WHEN $spread THEN CAST(l.amount AS DOUBLE) END AS value,
       count(*) AS lines,
       CAST(sum(l.amount) AS DOUBLE) AS revenue,
       sum(l.quantity) AS quantity,
       count(DISTINCT CASE WHEN $people THEN l.order_id END) AS orders
FROM order_lines l
JOIN orders o ON o.id = l.order_id AND o.deleted_at IS NULL AND o.status <> 'cancelled'
LEFT JOIN products p ON ($by IN ('category', 'product') OR $split IN ('category', 'product')) AND p.id = l.product_id
LEFT JOIN clock ON $timed AND clock.slot = date_trunc($slot, o.ordered_at)
WHERE l.deleted_at IS NULL AND o.ordered_at >= CAST($first AS TIMESTAMP) AND o.ordered_at < CAST($until AS TIMESTAMP)
    AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
GROUP BY 1, 2, 3, 4
