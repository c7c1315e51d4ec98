-- How many living customers there are, and what had been spent by the end (UTC) of a day: what shares are shares of.
--   customers 5000 | revenue 2100000.0
SELECT (SELECT count(*) FROM customers WHERE deleted_at IS NULL) AS customers,
       CAST(coalesce(sum(amount), 0) AS DOUBLE) AS revenue
FROM orders
WHERE deleted_at IS NULL AND status <> 'cancelled' AND amount > 0 AND customer_id IS NOT NULL
    AND ordered_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
