-- What holds for the whole workspace.
--   id 1 | zone | Europe/Berlin
SELECT id, name, value
FROM settings
WHERE deleted_at IS NULL
ORDER BY id
