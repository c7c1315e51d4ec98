-- The records of a table that are new or changed since a revision, but by a merge: 17 | 18 | 230
WITH moved AS (
    SELECT id, changed_in FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id, changed_in FROM products WHERE deleted_at IS NULL AND $table = 'products'
)
SELECT m.id FROM moved m LEFT JOIN batches b ON b.number = m.changed_in
LEFT JOIN batches u ON u.number = b.undoes
WHERE m.changed_in > $revision AND coalesce(u.kind, b.kind, '') NOT IN ('merge', 'unmerge') ORDER BY m.id
