-- How many records of a table are there to be compared: 5 000
SELECT count(*) AS records FROM (
    SELECT id FROM customers WHERE deleted_at IS NULL AND $table = 'customers'
    UNION ALL
    SELECT id FROM products WHERE deleted_at IS NULL AND $table = 'products'
)
