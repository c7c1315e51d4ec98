-- The kept mappings by name: what the columns of a file mean, and what else was said about reading it.
--   id 1 | name Shop export | kind orders | columns {"Beleg": "orders.order_no"} | options {"encoding": "cp1252"}
SELECT id, name, kind, columns, options
FROM mappings
WHERE deleted_at IS NULL
ORDER BY name
