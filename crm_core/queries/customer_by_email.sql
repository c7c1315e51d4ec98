-- The customer with an e-mail, however it is written; no row where there is none.
SELECT * FROM customers WHERE email_key = email_key($email) AND deleted_at IS NULL
