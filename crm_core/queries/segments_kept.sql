-- The kept segments, those that are still found first, newest first: who is in them as of their newest snapshot, what
-- these had spent by then, and how many there were at the snapshot before.
--   id 3 | Champions | cluster | as_of 2026-03-01 | customers 432 | revenue 190000.0 | customers_before 410
--   kept_since 2026-02-01 | first_as_of 2025-11-01 (back-filled) | snapshots 5
WITH days AS (
    SELECT segment_id, as_of, revenue,
           row_number() OVER (PARTITION BY segment_id ORDER BY as_of DESC) AS place,
           count(*) OVER (PARTITION BY segment_id) AS snapshots,
           min(as_of) OVER (PARTITION BY segment_id) AS first_as_of,
           min(CASE WHEN how <> 'backfilled' THEN as_of END) OVER (PARTITION BY segment_id) AS kept_since
    FROM segment_snapshots
    WHERE deleted_at IS NULL
),
sizes AS (
    SELECT m.segment_id, m.as_of, count(*) AS customers
    FROM segment_members m
    JOIN days ON days.segment_id = m.segment_id AND days.as_of = m.as_of AND days.place <= 2
    JOIN customers u ON u.id = m.customer_id
    WHERE m.deleted_at IS NULL AND u.deleted_at IS NULL
    GROUP BY m.segment_id, m.as_of
)
SELECT s.id, s.name, s.kind, s.as_of, s.definition, s.run_id, s.ended_on, s.note, s.changed_in,
       coalesce(sized.customers, 0) AS customers, newest.revenue AS revenue, newest.snapshots AS snapshots,
       newest.first_as_of AS first_as_of, newest.kept_since AS kept_since, before.as_of AS as_of_before,
       CASE WHEN before.as_of IS NOT NULL THEN coalesce(sized_before.customers, 0) END AS customers_before
FROM segments s
LEFT JOIN days newest ON newest.segment_id = s.id AND newest.place = 1
LEFT JOIN days before ON before.segment_id = s.id AND before.place = 2
LEFT JOIN sizes sized ON sized.segment_id = s.id AND sized.as_of = newest.as_of
LEFT JOIN sizes sized_before ON sized_before.segment_id = s.id AND sized_before.as_of = before.as_of
WHERE s.deleted_at IS NULL
ORDER BY s.ended_on IS NOT NULL, s.id DESC
