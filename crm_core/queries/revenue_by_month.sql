-- Revenue, orders and buying customers of each calendar month up to $as_of; cancelled orders are left out.
--   2026-01-01 | revenue 51234.50 | orders 812 | customers 640
SELECT CAST(date_trunc('month', ordered_at) AS DATE) AS month,
       CAST(sum(amount) AS DOUBLE) AS revenue,
       count(*) AS orders,
       count(DISTINCT customer_id) AS customers
FROM orders
WHERE deleted_at IS NULL AND status <> 'cancelled' AND CAST(ordered_at AS DATE) <= CAST($as_of AS DATE)
GROUP BY 1
ORDER BY 1
