-- What was sent to another program and what it answered, newest first.
-- 2026-03-01 09:00 | Contact | 003… | customers | 17 | update | updated |
SELECT sent_at, object, remote_id, table_name, row_id, action, outcome, message
FROM sent_changes
WHERE deleted_at IS NULL
ORDER BY id DESC
LIMIT $limit
