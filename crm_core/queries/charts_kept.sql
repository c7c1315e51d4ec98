-- The charts that people kept: what each is called and what was chosen.
--   id 3 | name Revenue by channel | choice {"kind": "bar", …}
SELECT id, name, choice
FROM saved_charts
WHERE deleted_at IS NULL
ORDER BY lower(name), id
