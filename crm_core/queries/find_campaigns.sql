-- Campaigns whose number, name or status holds $text, or the deleted ones where $deleted; the newest first.
--   'spring' → 2 | C-02 | Spring sale | email | 2026-03-01 | … (a page of them, with how many there are in all)
-- $channel narrows the list where it is not ''.
SELECT id, campaign_no, name, channel, starts_on, ends_on, status, changed_in, count(*) OVER () AS found
FROM campaigns
WHERE (deleted_at IS NOT NULL) = $deleted
  AND ($channel = '' OR channel = $channel)
  AND ($text = '' OR contains(lower(concat_ws(' ', campaign_no, name, status)), lower($text)))
ORDER BY starts_on DESC NULLS LAST, id DESC
LIMIT $limit OFFSET $offset
