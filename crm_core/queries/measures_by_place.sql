-- What happened in each place and each period from $since to before $until (UTC). `calendar` is a temp table: slot (an
-- hour or minute in UTC, by $slot) and period (the local begin of its period). `placed` is one too: for each country,
-- region and city as written ('' for nothing) its code.
--   code CN-GD | period 2026-01-01 | revenue 51234.50 | orders 812 | customers 640 | messages 31 | requests 12 | on_file 905
-- An order counts for its own country where countries are asked for ($level) and it has one, else for its customer's
-- place; what has no customer counts for the place of nothing written. $segment narrows it where it is not 0.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
), living AS MATERIALIZED (
    SELECT c.id AS customer_id, p.code
    FROM customers c
    JOIN placed p ON p.country = coalesce(c.country, '')
        AND p.region = CASE WHEN $level = 'country' THEN '' ELSE coalesce(c.region, '') END
        AND p.city = CASE WHEN $level = 'city' THEN coalesce(c.city, '') ELSE '' END
    WHERE c.deleted_at IS NULL AND ($segment = 0 OR c.id IN (SELECT customer_id FROM members))
), bought AS (
    SELECT coalesce(w.code, l.code, '~empty') AS code,
           t.period,
           CAST(sum(o.amount) AS DOUBLE) AS revenue, count(*) AS orders, count(DISTINCT o.customer_id) AS customers
    FROM orders o
    JOIN calendar t ON t.slot = date_trunc($slot, o.ordered_at)
    LEFT JOIN living l ON l.customer_id = o.customer_id
    LEFT JOIN placed w ON $level = 'country' AND o.country IS NOT NULL AND w.country = o.country
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
        AND o.ordered_at >= $since AND o.ordered_at < $until
        AND ($segment = 0 OR l.customer_id IS NOT NULL)
    GROUP BY 1, 2
), wrote AS (
    SELECT coalesce(l.code, '~empty') AS code,
           t.period,
           count(*) AS messages
    FROM communications m
    JOIN calendar t ON t.slot = date_trunc($slot, m.occurred_at)
    LEFT JOIN living l ON l.customer_id = m.customer_id
    WHERE m.deleted_at IS NULL AND m.direction = 'in'
        AND m.occurred_at >= $since AND m.occurred_at < $until
        AND ($segment = 0 OR l.customer_id IS NOT NULL)
    GROUP BY 1, 2
), asked AS (
    SELECT coalesce(l.code, '~empty') AS code,
           t.period,
           count(*) AS requests
    FROM service_requests r
    JOIN calendar t ON t.slot = date_trunc($slot, r.opened_at)
    LEFT JOIN living l ON l.customer_id = r.customer_id
    WHERE r.deleted_at IS NULL AND r.opened_at >= $since AND r.opened_at < $until
        AND ($segment = 0 OR l.customer_id IS NOT NULL)
    GROUP BY 1, 2
), homes AS (
    SELECT code, count(*) AS on_file FROM living GROUP BY 1
), figures AS (
    SELECT code, period, revenue, orders, customers, 0 AS messages, 0 AS requests FROM bought
    UNION ALL
    SELECT code, period, 0, 0, 0, messages, 0 FROM wrote
    UNION ALL
    SELECT code, period, 0, 0, 0, 0, requests FROM asked
    UNION ALL
    SELECT code, (SELECT min(period) FROM calendar), 0, 0, 0, 0, 0 FROM homes
)
SELECT f.code, f.period, CAST(sum(f.revenue) AS DOUBLE) AS revenue, CAST(sum(f.orders) AS BIGINT) AS orders,
       CAST(sum(f.customers) AS BIGINT) AS customers, CAST(sum(f.messages) AS BIGINT) AS messages,
       CAST(sum(f.requests) AS BIGINT) AS requests, coalesce(max(h.on_file), 0) AS on_file
FROM figures f
LEFT JOIN homes h ON h.code = f.code
GROUP BY f.code, f.period
ORDER BY f.code, f.period
