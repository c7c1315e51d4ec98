-- Through which channels a customer orders: a row a customer and channel, with the number of orders.
--
--   customer 7 ordered twice on the web and once in the shop   →   7 | web | 2.0   and   7 | shop | 1.0
--
-- Orders count as in customer_features; what has no channel is a row without one.
SELECT customer_id, channel AS label, CAST(count(*) AS DOUBLE) AS amount
FROM orders
WHERE deleted_at IS NULL
    AND status <> 'cancelled'
    AND amount > 0
    AND customer_id IS NOT NULL
    AND ordered_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
GROUP BY customer_id, channel
