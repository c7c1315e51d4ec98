-- Communications whose text, subject or customer holds $text, newest first, or the deleted ones where $deleted.
SELECT c.id, c.occurred_at, c.channel, c.direction, coalesce(u.name, u.customer_no, u.email) AS customer,
       c.subject, c.content, c.customer_id, c.changed_in, count(*) OVER () AS found
FROM communications c
JOIN customers u ON u.id = c.customer_id
WHERE (c.deleted_at IS NOT NULL) = $deleted
  AND ($deleted OR u.deleted_at IS NULL)
  AND ($text = '' OR contains(lower(concat_ws(' ', c.subject, c.content, u.name, u.email)), lower($text)))
ORDER BY c.occurred_at DESC, c.id DESC
LIMIT $limit OFFSET $offset
