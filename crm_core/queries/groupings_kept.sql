-- The kept groupings: every run of clustering with a segment that is there, newest day first. A run whose first_id is
-- another one refreshed it. The models are not among the columns: they may be large.
--   id 2 | first_id 1 | name 5 groups | as_of 2026-03-01 | figures {"segments": {"1": 7, …}}
SELECT r.id, coalesce(r.first_id, r.id) AS first_id, r.name, r.as_of, r.figures
FROM runs r
WHERE r.concern = 'clustering' AND r.deleted_at IS NULL AND r.model IS NOT NULL
    AND EXISTS (SELECT 1 FROM segments s WHERE s.run_id = coalesce(r.first_id, r.id) AND s.deleted_at IS NULL)
ORDER BY r.as_of DESC, r.id DESC
