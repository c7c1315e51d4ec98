-- The newest batches with what they touched and, where one was taken back, by which.
SELECT b.number, b.made_at, b.actor, b.kind, b.subject, b.touched, b.undoes,
       (SELECT max(u.number) FROM batches u WHERE u.undoes = b.number
        AND NOT EXISTS (SELECT 1 FROM batches r WHERE r.undoes = u.number)) AS undone_by
FROM batches b
ORDER BY b.number DESC
LIMIT $limit
