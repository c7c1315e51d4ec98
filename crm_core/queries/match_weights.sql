-- How many pairs of a search that nobody has decided have about which weight, in quarters of a bit, as it found them (who
-- was merged since among them), and how many of these still wait for a decision: 6.25 | 14 | 9 open
WITH living AS (
    SELECT id FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id FROM products WHERE deleted_at IS NULL AND $table = 'products'
)
SELECT floor(p.weight * 4) / 4 AS weight, count(*) AS pairs,
       count(*) FILTER (WHERE a.id IS NOT NULL AND b.id IS NOT NULL AND r.id IS NULL) AS open
FROM match_pairs p LEFT JOIN living a ON a.id = p.id_a LEFT JOIN living b ON b.id = p.id_b
LEFT JOIN match_reviews r ON r.table_name = $table AND r.id_a = p.id_a AND r.id_b = p.id_b AND r.deleted_at IS NULL
WHERE p.run_id = $run AND p.deleted_at IS NULL AND (r.id IS NULL OR r.decision = 'unsure')
GROUP BY 1 ORDER BY 1
