-- How far customers have come by the end of the day before $until: all who are known, who have bought, a second, third,
-- fifth and tenth time. Each step holds those after it.
--   name bought_1 | customers 4871
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
), bought AS (
    SELECT customer_id, count(*) AS orders
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND ordered_at < CAST($until AS TIMESTAMP)
    GROUP BY customer_id
), people AS (
    SELECT coalesce(b.orders, 0) AS orders
    FROM customers c
    LEFT JOIN bought b ON b.customer_id = c.id
    WHERE c.deleted_at IS NULL AND ($segment = 0 OR c.id IN (SELECT customer_id FROM members))
)
SELECT 'known' AS name, count(*) AS customers FROM people
UNION ALL SELECT 'bought_1', count(*) FROM people WHERE orders >= 1
UNION ALL SELECT 'bought_2', count(*) FROM people WHERE orders >= 2
UNION ALL SELECT 'bought_3', count(*) FROM people WHERE orders >= 3
UNION ALL SELECT 'bought_5', count(*) FROM people WHERE orders >= 5
UNION ALL SELECT 'bought_10', count(*) FROM people WHERE orders >= 10
