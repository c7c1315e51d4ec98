-- The demo shop's batch while it stands, with how many of its customers are there; no row once it was taken away.
--   number 1 | customers 5000
SELECT b.number,
       (SELECT count(*) FROM customers c
        WHERE c.deleted_at IS NULL
          AND (c.changed_in = b.number OR c.id IN (SELECT h.id FROM history.customers h WHERE h.changed_in = b.number))
       ) AS customers
FROM batches b
WHERE b.kind = 'demo'
  AND NOT EXISTS (SELECT 1 FROM batches u
                  WHERE (u.undoes = b.number OR (u.kind = 'empty' AND u.number > b.number))
                    AND NOT EXISTS (SELECT 1 FROM batches r WHERE r.undoes = u.number))
ORDER BY b.number DESC
LIMIT 1
