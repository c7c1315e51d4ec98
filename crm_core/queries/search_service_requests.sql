-- Living service requests that hold each of the words in their number, subject or text: the number itself first, then
-- the ones that are not closed, then the newest.
--   'broken' → 90 | rank 2 | S-100090 | 2026-02-27 | open | Broken on arrival | … | found 118
WITH near AS MATERIALIZED (
    SELECT id, opened_at, CASE WHEN status = 'closed' THEN 1 ELSE 0 END AS done,
           CASE WHEN lower(request_no) = $text THEN 0 ELSE 2 END AS rank,
           CASE WHEN $second <> '' THEN lower(concat_ws(' ', request_no, subject, content)) END AS held
    FROM service_requests
    WHERE deleted_at IS NULL
      AND (CASE WHEN $has_case THEN regexp_matches(content, $pattern) OR regexp_matches(subject, $pattern)
                ELSE contains(content, $first) OR contains(subject, $first) END
           OR ($has_digit AND contains(lower(request_no), $first)))
),
best AS (
    SELECT *, count(*) OVER () AS found
    FROM near
    WHERE $second = '' OR (contains(held, $second) AND contains(held, $third) AND contains(held, $fourth))
    ORDER BY rank, done, opened_at DESC, id
    LIMIT $limit
)
SELECT r.id, b.rank, r.request_no, r.opened_at, r.status, r.subject, r.content, b.found
FROM best b JOIN service_requests r ON r.id = b.id
ORDER BY b.rank, b.done, b.opened_at DESC, b.id
