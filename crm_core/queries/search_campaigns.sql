-- Living campaigns that hold each of the words in their number or name, the newest first.
--   'spring' → 3 | rank 1 | K-03 | Spring letter | email | 2026-02-01 | found 1
WITH living AS (
    SELECT id, campaign_no, name, channel, starts_on, lower(concat_ws(' ', campaign_no, name)) AS held
    FROM campaigns
    WHERE deleted_at IS NULL
)
SELECT id, CASE WHEN lower(campaign_no) = $text OR lower(name) = $text THEN 0
                WHEN starts_with(lower(name), $first) THEN 1 ELSE 2 END AS rank,
       campaign_no, name, channel, starts_on, count(*) OVER () AS found
FROM living
WHERE contains(held, $first) AND contains(held, $second) AND contains(held, $third) AND contains(held, $fourth)
ORDER BY rank, starts_on DESC, id
LIMIT $limit
