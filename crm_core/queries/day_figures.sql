-- What the days from $first to $last brought, beside the days from $before_first to $before_last.
--   figure revenue | now 4120.50 | before 3890.00
WITH bounds AS (
    SELECT CAST($first AS DATE) AS first_day, CAST($last AS DATE) AS last_day,
           CAST($before_first AS DATE) AS before_first, CAST($before_last AS DATE) AS before_last
),
happened AS (
    SELECT 'revenue' AS figure, CAST(ordered_at AS DATE) AS day, CAST(amount AS DOUBLE) AS size
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND ordered_at >= CAST($before_first AS DATE)
      AND ordered_at < CAST($last AS DATE) + INTERVAL 1 DAY
    UNION ALL
    SELECT 'orders', CAST(ordered_at AS DATE), 1.0
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND ordered_at >= CAST($before_first AS DATE)
      AND ordered_at < CAST($last AS DATE) + INTERVAL 1 DAY
    UNION ALL
    SELECT 'customers_joined', joined_on, 1.0 FROM customers WHERE deleted_at IS NULL AND joined_on IS NOT NULL
    UNION ALL
    SELECT 'messages_in', CAST(occurred_at AS DATE), 1.0
    FROM communications WHERE deleted_at IS NULL AND direction = 'in'
    UNION ALL
    SELECT 'requests_opened', CAST(opened_at AS DATE), 1.0 FROM service_requests WHERE deleted_at IS NULL
)
SELECT h.figure,
       CAST(sum(CASE WHEN h.day >= b.first_day AND h.day <= b.last_day THEN h.size ELSE 0.0 END) AS DOUBLE) AS now,
       CAST(sum(CASE WHEN h.day >= b.before_first AND h.day <= b.before_last THEN h.size ELSE 0.0 END) AS DOUBLE) AS before
FROM happened h CROSS JOIN bounds b
GROUP BY h.figure
