-- The purchase days of one customer up to the end (UTC) of a day, oldest first: days as in purchase_examples.
--   2026-01-03 | 30.0
SELECT CAST(ordered_at AS DATE) AS day, CAST(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS DOUBLE) AS amount
FROM orders
WHERE customer_id = $customer_id AND deleted_at IS NULL AND status <> 'cancelled' AND amount >= 0
    AND CAST(ordered_at AS DATE) <= CAST($as_of AS DATE)
GROUP BY CAST(ordered_at AS DATE)
ORDER BY day
