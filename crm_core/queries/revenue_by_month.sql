-- Revenue, orders and buying customers of each calendar month up to $as_of; cancelled orders are left out.
--   2026-01-01 | revenue 51234.50 | orders 812 | customers 640
-- $segment narrows it to the customers of a kept segment where it is not 0.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
)
SELECT CAST(date_trunc('month', ordered_at) AS DATE) AS month,
       CAST(sum(amount) AS DOUBLE) AS revenue,
       count(*) AS orders,
       count(DISTINCT customer_id) AS customers
FROM orders
WHERE deleted_at IS NULL AND status <> 'cancelled' AND CAST(ordered_at AS DATE) <= CAST($as_of AS DATE)
    AND ($segment = 0 OR customer_id IN (SELECT customer_id FROM members))
GROUP BY 1
ORDER BY 1
