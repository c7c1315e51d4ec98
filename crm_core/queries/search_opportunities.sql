-- Living opportunities that hold each of the words in their number, name, stage or owner, the best first, open ones before.
--   'gift boxes' → 7 | rank 1 | O-100007 | Gift boxes · Oakfield Books | open | 8360.00 | found 41
WITH living AS (
    SELECT id, opportunity_no, name, status, stage, amount, closes_on,
           lower(concat_ws(' ', opportunity_no, name, stage, owner)) AS held
    FROM opportunities
    WHERE deleted_at IS NULL
)
SELECT id, CASE WHEN lower(opportunity_no) = $text OR lower(name) = $text THEN 0
                WHEN starts_with(lower(name), $first) THEN 1 ELSE 2 END AS rank,
       opportunity_no, name, status, stage, CAST(amount AS DOUBLE) AS amount, closes_on, count(*) OVER () AS found
FROM living
WHERE contains(held, $first) AND contains(held, $second) AND contains(held, $third) AND contains(held, $fourth)
ORDER BY rank, CASE WHEN status = 'open' THEN 0 ELSE 1 END, closes_on DESC, id
LIMIT $limit
