-- How many customers a kept segment had on each day of a snapshot, the earliest first, and what they had spent by then.
--   as_of 2026-02-01 | how kept | customers 410 | revenue 183000.0 | run_id 1
-- Customers who were deleted since are not counted; one who was merged into another counts once.
SELECT p.as_of, p.how, p.run_id, p.revenue, count(u.id) AS customers
FROM segment_snapshots p
LEFT JOIN segment_members m ON m.segment_id = p.segment_id AND m.as_of = p.as_of AND m.deleted_at IS NULL
LEFT JOIN customers u ON u.id = m.customer_id AND u.deleted_at IS NULL
WHERE p.segment_id = $segment_id AND p.deleted_at IS NULL
GROUP BY p.as_of, p.how, p.run_id, p.revenue
ORDER BY p.as_of
