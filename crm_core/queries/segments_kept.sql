-- The kept segments, those that are still found first, newest first: who is in them as of their newest snapshot, what
-- these had spent by then, and how many there were at the snapshot before.
--   id 3 | Champions | cluster | as_of 2026-03-01 | customers 432 | revenue 190000.0 | customers_before 410
--   kept_since 2026-02-01 | first_as_of 2025-11-01 (back-filled) | snapshots 5
WITH sizes AS (
    SELECT m.segment_id, m.as_of, count(*) AS customers
    FROM segment_members m
    JOIN customers u ON u.id = m.customer_id
    WHERE m.deleted_at IS NULL AND u.deleted_at IS NULL
    GROUP BY m.segment_id, m.as_of
),
days AS (
    SELECT p.segment_id, p.as_of, p.revenue, p.how, coalesce(sizes.customers, 0) AS customers,
           row_number() OVER (PARTITION BY p.segment_id ORDER BY p.as_of DESC) AS place,
           count(*) OVER (PARTITION BY p.segment_id) AS snapshots,
           min(p.as_of) OVER (PARTITION BY p.segment_id) AS first_as_of,
           min(CASE WHEN p.how <> 'backfilled' THEN p.as_of END) OVER (PARTITION BY p.segment_id) AS kept_since
    FROM segment_snapshots p
    LEFT JOIN sizes ON sizes.segment_id = p.segment_id AND sizes.as_of = p.as_of
    WHERE p.deleted_at IS NULL
)
SELECT s.id, s.name, s.kind, s.as_of, s.definition, s.run_id, s.ended_on, s.note, s.changed_in,
       coalesce(newest.customers, 0) AS customers, newest.revenue AS revenue, newest.snapshots AS snapshots,
       newest.first_as_of AS first_as_of, newest.kept_since AS kept_since,
       before.as_of AS as_of_before, before.customers AS customers_before
FROM segments s
LEFT JOIN days newest ON newest.segment_id = s.id AND newest.place = 1
LEFT JOIN days before ON before.segment_id = s.id AND before.place = 2
WHERE s.deleted_at IS NULL
ORDER BY s.ended_on IS NOT NULL, s.id DESC
