-- The pairs of a search from a probability on of which both records are still there: 4 | 17 | 6.2 | .986
WITH living AS (
    SELECT id FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id FROM products WHERE deleted_at IS NULL AND $table = 'products'
)
SELECT p.id_a, p.id_b, p.weight, p.probability
FROM match_pairs p JOIN living a ON a.id = p.id_a JOIN living b ON b.id = p.id_b
WHERE p.run_id = $run AND p.deleted_at IS NULL AND p.probability >= $at_least
ORDER BY p.weight DESC, p.id_a, p.id_b
