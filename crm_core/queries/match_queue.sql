-- The pairs of a search to be asked next: undecided, both records there, none of $skipped; `open` counts all of them.
--   901 | 4 | 17 | 6.2 | .986 | rules=same_phone | revenue of both 834.50 | 12 open
-- $sorting: doubtful (nearest to $cut, $within bits at most), sure (from $cut on, surest first), big (from $cut less
-- $within on, most revenue first).
WITH living AS (
    SELECT id FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id FROM products WHERE deleted_at IS NULL AND $table = 'products'
),
undecided AS (
    SELECT p.id, p.id_a, p.id_b, p.weight, p.probability, p.levels
    FROM match_pairs p JOIN living a ON a.id = p.id_a JOIN living b ON b.id = p.id_b
    LEFT JOIN match_reviews r ON r.table_name = $table AND r.id_a = p.id_a AND r.id_b = p.id_b AND r.deleted_at IS NULL
    WHERE p.run_id = $run AND p.deleted_at IS NULL AND r.id IS NULL
      AND CASE $sorting WHEN 'doubtful' THEN abs(p.weight - $cut) <= $within WHEN 'sure' THEN p.weight >= $cut
                        ELSE p.weight >= $cut - $within END
),
named AS (
    SELECT DISTINCT id FROM (SELECT id_a AS id FROM undecided UNION ALL SELECT id_b FROM undecided)
),
bought AS (
    SELECT o.customer_id AS id, CAST(sum(o.amount) AS DOUBLE) AS revenue
    FROM orders o JOIN named n ON n.id = o.customer_id
    WHERE $sorting = 'big' AND $table = 'customers' AND o.deleted_at IS NULL AND o.status <> 'cancelled'
    GROUP BY 1
),
-- Counted apart: DuckDB 1.5.5 was seen to fail within itself on count(*) OVER () here, once in some hundred times.
waiting AS MATERIALIZED (
    SELECT u.*, coalesce(a.revenue, 0) + coalesce(b.revenue, 0) AS revenue
    FROM undecided u LEFT JOIN bought a ON a.id = u.id_a LEFT JOIN bought b ON b.id = u.id_b
    WHERE NOT list_contains($skipped, u.id)
)
SELECT *, (SELECT count(*) FROM waiting) AS open
FROM waiting
ORDER BY CASE $sorting WHEN 'doubtful' THEN abs(weight - $cut) WHEN 'sure' THEN -weight ELSE -revenue END, id_a, id_b
LIMIT $limit
