-- The kept recipes by name: for which table, and their steps as JSON.
--   id 1 | name Monthly export | table_name customers | steps {"name": "Monthly export", "table": "customers", "steps": [...]}
SELECT id, name, table_name, steps
FROM recipes
WHERE deleted_at IS NULL
ORDER BY name
