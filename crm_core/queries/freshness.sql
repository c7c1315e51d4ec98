-- How many rows each table holds and how far it reaches.
--   orders | 49,812 rows | newest 2026-11-20 18:03
SELECT 'customers' AS name, count(*) AS rows, CAST(max(joined_on) AS TIMESTAMP) AS newest
FROM customers WHERE deleted_at IS NULL
UNION ALL SELECT 'orders', count(*), max(ordered_at) FROM orders WHERE deleted_at IS NULL
UNION ALL SELECT 'order_lines', count(*), NULL FROM order_lines WHERE deleted_at IS NULL
UNION ALL SELECT 'products', count(*), NULL FROM products WHERE deleted_at IS NULL
UNION ALL SELECT 'communications', count(*), max(occurred_at) FROM communications WHERE deleted_at IS NULL
UNION ALL SELECT 'service_requests', count(*), max(opened_at) FROM service_requests WHERE deleted_at IS NULL
UNION ALL SELECT 'opportunities', count(*), CAST(max(opened_on) AS TIMESTAMP) FROM opportunities WHERE deleted_at IS NULL
UNION ALL SELECT 'relationships', count(*), NULL FROM relationships WHERE deleted_at IS NULL
UNION ALL SELECT 'campaigns', count(*), CAST(max(starts_on) AS TIMESTAMP) FROM campaigns WHERE deleted_at IS NULL
UNION ALL SELECT 'stock_moves', count(*), max(moved_at) FROM stock_moves WHERE deleted_at IS NULL
UNION ALL SELECT 'segments', count(*), CAST(max(as_of) AS TIMESTAMP) FROM segments WHERE deleted_at IS NULL
