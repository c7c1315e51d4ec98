-- The newest search for duplicates of a table, and how many of its records are new or changed since.
--   customers → 3 | customers | {"method": …} | .62 | 41 | 5 000 records | 45 210 pairs | 2026-03-01 | 12 new
-- What a merge changed, or taking one back, is no news: it only says what the records said before.
WITH newest AS (
    SELECT * FROM match_runs WHERE table_name = $table AND deleted_at IS NULL ORDER BY id DESC LIMIT 1
),
moved AS (
    SELECT id, changed_in FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id, changed_in FROM products WHERE deleted_at IS NULL AND $table = 'products'
),
news AS (
    SELECT m.id FROM moved m JOIN newest n ON m.changed_in > n.revision
    LEFT JOIN batches b ON b.number = m.changed_in LEFT JOIN batches u ON u.number = b.undoes
    WHERE coalesce(u.kind, b.kind, '') NOT IN ('merge', 'unmerge')
)
SELECT n.id, n.table_name, n.model, n.threshold, n.revision, n.records, n.pairs_compared, b.made_at,
       (SELECT count(*) FROM news) AS moved_on
FROM newest n LEFT JOIN batches b ON b.number = n.changed_in
