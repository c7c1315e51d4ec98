-- What is odd about the orders; one row: how many of each, and the id of one.
--   orders 50000 | lines 50000 (orders that have some) | no_customer 12 | no_customer_id 81 | no_lines 0 | … | other_sum 3 (amount is not the sum of its lines) | …
WITH summed AS (
    SELECT order_id, sum(amount) AS amount FROM order_lines WHERE deleted_at IS NULL GROUP BY order_id
),
checked AS (
    SELECT o.id, o.customer_id IS NULL AS no_customer,
           o.ordered_at >= CAST($today AS DATE) + INTERVAL 1 DAY AS ordered_later,
           s.order_id IS NULL AS no_lines, coalesce(s.amount <> o.amount, false) AS other_sum
    FROM orders o LEFT JOIN summed s ON s.order_id = o.id
    WHERE o.deleted_at IS NULL
)
SELECT count(*) AS orders,
       (SELECT count(*) FROM summed) AS lines,
       sum(CASE WHEN no_customer THEN 1 ELSE 0 END) AS no_customer,
       min(CASE WHEN no_customer THEN id END) AS no_customer_id,
       sum(CASE WHEN no_lines THEN 1 ELSE 0 END) AS no_lines,
       min(CASE WHEN no_lines THEN id END) AS no_lines_id,
       sum(CASE WHEN other_sum THEN 1 ELSE 0 END) AS other_sum,
       min(CASE WHEN other_sum THEN id END) AS other_sum_id,
       sum(CASE WHEN ordered_later THEN 1 ELSE 0 END) AS ordered_later,
       min(CASE WHEN ordered_later THEN id END) AS ordered_later_id
FROM checked
