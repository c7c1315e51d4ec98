-- The kept runs of a page, newest day first: what was asked for, what came out, and how many of the segments of its
-- series are still there.
--   id 2 | name "5 groups" | as_of 2026-03-01 | revision 14 | first_id 1 | segments 5
SELECT r.id, r.name, r.as_of, r.revision, r.choice, r.figures, coalesce(r.first_id, r.id) AS first_id,
       count(s.id) AS segments
FROM runs r
LEFT JOIN segments s ON s.run_id = coalesce(r.first_id, r.id) AND s.deleted_at IS NULL
WHERE r.concern = $concern AND r.deleted_at IS NULL
GROUP BY r.id, r.name, r.as_of, r.revision, r.choice, r.figures, r.first_id
ORDER BY r.as_of DESC, r.id DESC
