-- What people said of pairs of a table, with the weight that the newest search gave them (missing where it gave none).
--   4 | 17 | same | 6.2 | .986
SELECT r.id_a, r.id_b, r.decision, p.weight, p.probability
FROM match_reviews r
LEFT JOIN match_pairs p ON p.run_id = $run AND p.id_a = r.id_a AND p.id_b = r.id_b AND p.deleted_at IS NULL
WHERE r.table_name = $table AND r.deleted_at IS NULL
ORDER BY r.id
