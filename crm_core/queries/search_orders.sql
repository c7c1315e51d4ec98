-- Living orders whose number holds the text, the number itself first, then the newest.
--   'w-1000' → 4711 | rank 1 | W-100012 | 2026-03-01 10:00 | 51.20 | completed | Ada Wong | found 10
-- There may be ten million: what has no small and capital letters ($caseless, '-1000') is looked for first.
WITH near AS MATERIALIZED (
    SELECT id, order_no, ordered_at FROM orders WHERE contains(order_no, $caseless) AND deleted_at IS NULL
),
matching AS (
    SELECT id, ordered_at, CASE WHEN lower(order_no) = $text THEN 0 WHEN starts_with(lower(order_no), $text) THEN 1
                                ELSE 2 END AS rank
    FROM near
    WHERE contains(lower(order_no), $text)
),
best AS (
    SELECT id, rank, count(*) OVER () AS found FROM matching ORDER BY rank, ordered_at DESC, id LIMIT $limit
)
SELECT o.id, b.rank, o.order_no, o.ordered_at, CAST(o.amount AS DOUBLE) AS amount, o.status,
       coalesce(c.name, c.customer_no, c.email) AS customer, b.found
FROM best b JOIN orders o ON o.id = b.id
LEFT JOIN customers c ON c.id = o.customer_id
ORDER BY b.rank, o.ordered_at DESC, o.id
