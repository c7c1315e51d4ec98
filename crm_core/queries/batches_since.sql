-- The batches made since a moment (UTC), the newest first: what was written into the book, and by whom.
--   12 | 2026-03-01 08:12 | ada | import | orders.csv | {"orders": {"added": 812}}
SELECT number, made_at, actor, kind, subject, touched
FROM batches
WHERE made_at >= CAST($since AS TIMESTAMP)
ORDER BY number DESC
