-- What lies in a customer's baskets: one row a customer who has order lines.
--
--   lines of customer 7, one order: tea 2 × 4.00 (listed at 5.00) | pot 1 × 20.00 (listed at 20.00)
--   →   customer_id 7 | items_per_order 3 | distinct_products 2 | distinct_categories 2 | discount_share 0.067
--
-- Lines count that are bought (quantity and amount above nothing) in orders that count in customer_features.
-- discount_share is what was paid below the list prices of the products as they are kept now; missing without any.
SELECT
    orders.customer_id AS customer_id,
    CAST(sum(order_lines.quantity) AS DOUBLE) / count(DISTINCT orders.id) AS items_per_order,
    CAST(count(DISTINCT coalesce(CAST(order_lines.product_id AS VARCHAR), order_lines.description)) AS DOUBLE)
        AS distinct_products,
    CAST(count(DISTINCT products.category) AS DOUBLE) AS distinct_categories,
    1 - CAST(sum(CASE WHEN products.price > 0 THEN order_lines.amount END) AS DOUBLE)
        / nullif(sum(CASE WHEN products.price > 0 THEN order_lines.quantity * CAST(products.price AS DOUBLE) END), 0)
        AS discount_share
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
GROUP BY orders.customer_id
