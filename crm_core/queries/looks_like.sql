-- Customers who may be the one being typed in: same e-mail, same phone, same name, or a like name with the same city,
-- company or birth date. The surest first; $except_id is the customer being edited (0 for a new one).
--   Ada Wong, Bern → 17 | Ada Wang | Bern | same_email no | same_phone no | like_name .97 | same_city yes
-- Whom people called different from the customer being edited is not told again.
-- Each likeness is one comparison of a column with one value; names are compared letter by letter only after that.
WITH typed AS MATERIALIZED (
    SELECT email_key($email) AS email_key, phone_key($phone) AS phone_key, nullif(trim($name), '') AS name,
           nullif(trim($city), '') AS city, nullif(trim($company), '') AS company,
           CAST($birth_date AS DATE) AS birth_date
),
near AS (
    SELECT c.id FROM customers c JOIN typed t ON c.email_key = t.email_key
    UNION SELECT c.id FROM customers c JOIN typed t ON c.phone_key = t.phone_key WHERE length(t.phone_key) >= 7
    UNION SELECT c.id FROM customers c JOIN typed t ON c.name = t.name
    UNION SELECT c.id FROM customers c JOIN typed t ON c.city = t.city
    WHERE left(lower(c.name), 1) = left(lower(t.name), 1)
      AND jaro_winkler_similarity(lower(c.name), lower(t.name)) >= 0.93
    UNION SELECT c.id FROM customers c JOIN typed t ON c.company = t.company
    WHERE left(lower(c.name), 1) = left(lower(t.name), 1)
      AND jaro_winkler_similarity(lower(c.name), lower(t.name)) >= 0.9
    UNION SELECT c.id FROM customers c JOIN typed t ON c.birth_date = t.birth_date
    WHERE left(lower(c.name), 1) = left(lower(t.name), 1)
      AND jaro_winkler_similarity(lower(c.name), lower(t.name)) >= 0.8
),
told AS (
    SELECT n.id, n.customer_no, n.name, n.email, n.phone, n.city, n.company, n.birth_date,
           coalesce(n.email_key = t.email_key, false) AS same_email,
           coalesce(n.phone_key = t.phone_key AND length(n.phone_key) >= 7, false) AS same_phone,
           coalesce(jaro_winkler_similarity(lower(n.name), lower(t.name)), 0) AS like_name,
           coalesce(n.city = t.city, false) AS same_city, coalesce(n.company = t.company, false) AS same_company,
           coalesce(n.birth_date = t.birth_date, false) AS same_birth_date,
           coalesce(n.city <> t.city, false) AS other_city
    FROM customers n
    JOIN near USING (id)
    CROSS JOIN typed t
    WHERE n.deleted_at IS NULL AND n.id <> $except_id
      AND NOT EXISTS (
          SELECT 1 FROM match_reviews r
          WHERE r.table_name = 'customers' AND r.decision = 'different' AND r.deleted_at IS NULL
            AND r.id_a = least(n.id, $except_id) AND r.id_b = greatest(n.id, $except_id))
)
SELECT * EXCLUDE (other_city),
       CAST(same_email AS INTEGER) * 8 + CAST(same_phone AS INTEGER) * 4 + like_name
       + CAST(same_city AS INTEGER) + CAST(same_company AS INTEGER) + CAST(same_birth_date AS INTEGER) * 2 AS sureness
FROM told
WHERE same_email OR same_phone OR same_company OR same_birth_date OR NOT other_city  -- a namesake elsewhere is another
ORDER BY sureness DESC, id
LIMIT $limit
