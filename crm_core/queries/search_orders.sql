-- Living orders whose number holds the text, the number itself first, then the newest.
--   'w-1000' → 4711 | rank 1 | W-100012 | 2026-03-01 10:00 | 51.20 | completed | Ada Wong | found 10
-- There may be ten million: they are read once, and what has no small and capital letters ($caseless, '-1000') is looked
-- for first.
WITH near AS MATERIALIZED (
    SELECT id, order_no, ordered_at, amount, status, customer_id
    FROM orders
    WHERE contains(order_no, $caseless) AND deleted_at IS NULL
),
matching AS (
    SELECT *, count(*) OVER () AS found,
           CASE WHEN lower(order_no) = $text THEN 0 WHEN starts_with(lower(order_no), $text) THEN 1 ELSE 2 END AS rank
    FROM near
    WHERE contains(lower(order_no), $text)
),
best AS (
    SELECT * FROM matching ORDER BY rank, ordered_at DESC, id LIMIT $limit
)
SELECT b.id, b.rank, b.order_no, b.ordered_at, CAST(b.amount AS DOUBLE) AS amount, b.status,
       coalesce(c.name, c.customer_no, c.email) AS customer, b.found
FROM best b LEFT JOIN customers c ON c.id = b.customer_id
ORDER BY b.rank, b.ordered_at DESC, b.id
