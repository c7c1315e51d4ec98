-- Who was in which kept segment as of a day: of each segment the newest snapshot that is not later than it.
--   name Champions | customer_id 7
-- A later snapshot would know what happened after the day, and who has bought since.
WITH newest AS (
    SELECT segment_id, max(as_of) AS as_of
    FROM segment_snapshots
    WHERE deleted_at IS NULL AND as_of <= CAST($as_of AS DATE)
    GROUP BY segment_id
)
SELECT s.name AS name, m.customer_id AS customer_id
FROM newest
JOIN segments s ON s.id = newest.segment_id AND s.deleted_at IS NULL
JOIN segment_members m ON m.segment_id = newest.segment_id AND m.as_of = newest.as_of AND m.deleted_at IS NULL
ORDER BY s.name, m.customer_id
