-- What people said of pairs of a table, of the records that are there now: who was merged is the one he was merged into.
--   17 – 20 different, 17 merged into 4   →   4 | 20 | different      4 – 17 same, 17 merged into 4   →   nothing
WITH RECURSIVE living AS (
    SELECT id FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id FROM products WHERE deleted_at IS NULL AND $table = 'products'
),
became AS (
    SELECT merged_id AS id, kept_id AS now_id FROM merges WHERE table_name = $table AND deleted_at IS NULL
    UNION
    SELECT b.id, m.kept_id FROM became b
    JOIN merges m ON m.merged_id = b.now_id AND m.table_name = $table AND m.deleted_at IS NULL
),
there AS (
    SELECT id, id AS now_id FROM living
    UNION ALL
    SELECT b.id, b.now_id FROM became b JOIN living l ON l.id = b.now_id
    ANTI JOIN living own ON own.id = b.id
)
SELECT DISTINCT least(a.now_id, b.now_id) AS id_a, greatest(a.now_id, b.now_id) AS id_b, r.decision
FROM match_reviews r JOIN there a ON a.id = r.id_a JOIN there b ON b.id = r.id_b
WHERE r.table_name = $table AND r.deleted_at IS NULL AND a.now_id <> b.now_id
ORDER BY 1, 2, 3
