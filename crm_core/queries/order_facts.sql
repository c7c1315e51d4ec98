-- What is in the book of orders, counted: the figures to hold against the export's own.
--   lines 541909 | orders 25900 | customers 4372 | countries 38 | products 4070 | cancelled_orders 3836 | ...
SELECT (SELECT count(*) FROM order_lines WHERE deleted_at IS NULL) AS lines,
       count(*) AS orders,
       count(DISTINCT customer_id) AS customers,
       count(DISTINCT country) AS countries,
       (SELECT count(*) FROM products WHERE deleted_at IS NULL) AS products,
       sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled_orders,
       (SELECT count(*) FROM order_lines l JOIN orders c ON c.id = l.order_id
        WHERE l.deleted_at IS NULL AND c.deleted_at IS NULL AND c.status = 'cancelled') AS cancelled_lines,
       CAST(sum(amount) AS DOUBLE) AS amount,
       min(ordered_at) AS first_order,
       max(ordered_at) AS last_order
FROM orders
WHERE deleted_at IS NULL
