-- The kept relationships among the customers $ids (a text such as '17,23,42').
--   17 | works_for | 42
SELECT customer_id, related_id, relation
FROM relationships
WHERE deleted_at IS NULL
  AND customer_id IN (SELECT CAST(unnest(string_split($ids, ',')) AS BIGINT))
  AND related_id IN (SELECT CAST(unnest(string_split($ids, ',')) AS BIGINT))
