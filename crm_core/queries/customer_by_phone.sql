-- The customers with a telephone number, however it is written, by its last nine digits; no row where there is none.
--   '+49 158 57714958' → the one whose number is written 0158/57714958
SELECT * FROM customers WHERE phone_key = phone_key($phone) AND deleted_at IS NULL ORDER BY id
