-- Revenue, orders and buying customers of the twelve weeks that end on $as_of, the oldest first (for small lines).
--   weeks_ago 11 | revenue 9800.00 | orders 180 | customers 161
SELECT CAST(floor(date_diff('day', CAST(ordered_at AS DATE), CAST($as_of AS DATE)) / 7) AS INTEGER) AS weeks_ago,
       CAST(sum(amount) AS DOUBLE) AS revenue,
       count(*) AS orders,
       count(DISTINCT customer_id) AS customers
FROM orders
WHERE deleted_at IS NULL AND status <> 'cancelled'
  AND date_diff('day', CAST(ordered_at AS DATE), CAST($as_of AS DATE)) BETWEEN 0 AND 83
GROUP BY 1
ORDER BY 1 DESC
