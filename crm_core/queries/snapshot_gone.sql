-- Customers who were in a segment of a kept grouping as of a day's snapshot and are deleted by now.
--   segment_id 7 | customer_id 17
SELECT m.segment_id, m.customer_id
FROM segments s
JOIN segment_members m ON m.segment_id = s.id AND m.as_of = CAST($as_of AS DATE) AND m.deleted_at IS NULL
JOIN customers u ON u.id = m.customer_id AND u.deleted_at IS NOT NULL
WHERE s.run_id = $first_id
