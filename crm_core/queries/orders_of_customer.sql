-- The orders of a customer, newest first, with how many lines each has; at most $limit, and how many there are.
SELECT o.id, o.order_no, o.ordered_at, o.status, o.channel, o.amount, o.currency,
       (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id AND l.deleted_at IS NULL) AS lines,
       count(*) OVER () AS found
FROM orders o
WHERE o.customer_id = $customer_id AND o.deleted_at IS NULL
ORDER BY o.ordered_at DESC, o.id DESC
LIMIT $limit
