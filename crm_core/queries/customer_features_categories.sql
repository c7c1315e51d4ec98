-- How what a customer spent lies over the categories of products: a row a customer and category.
--
--   customer 7 bought tea for 8.00 and a pot for 24.00   →   customer_id | label   | amount
--                                                                      7 | tea     | 8.0
--                                                                      7 | kitchen | 24.0
--
-- Lines and orders count as in customer_features_lines; what has no category is a row without one.
SELECT
    orders.customer_id AS customer_id,
    products.category AS label,
    CAST(sum(order_lines.amount) AS DOUBLE) AS amount
FROM order_lines
JOIN orders ON orders.id = order_lines.order_id
LEFT JOIN products ON products.id = order_lines.product_id
WHERE order_lines.deleted_at IS NULL
    AND order_lines.quantity > 0
    AND order_lines.amount > 0
    AND orders.deleted_at IS NULL
    AND orders.status <> 'cancelled'
    AND orders.amount > 0
    AND orders.customer_id IS NOT NULL
    AND orders.ordered_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
GROUP BY orders.customer_id, products.category
