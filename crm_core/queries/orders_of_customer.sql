-- The orders of a customer, newest first; at most $limit, and how many there are.
SELECT id, order_no, ordered_at, status, channel, amount, currency, count(*) OVER () AS found
FROM orders
WHERE customer_id = $customer_id AND deleted_at IS NULL
ORDER BY ordered_at DESC, id DESC
LIMIT $limit
