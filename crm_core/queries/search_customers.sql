-- Living customers that hold each of the words in their number, name, e-mail, company or city, the best first.
--   'wong' → 17 | rank 1 | Ada Wong | C-100017 | ada@example.com | … | found 12 (of which $limit rows)
-- rank 0: the number, e-mail or name itself; 1: the name or company begins so; 2: somewhere.
-- The longest word ($first) is looked for in column after column; the others only in the rows that have it. A Chinese
-- name is found with and without a blank inside.
WITH near AS MATERIALIZED (
    SELECT id
    FROM customers
    WHERE deleted_at IS NULL
      AND (($has_case AND (contains(lower(name), $first) OR contains(lower(city), $first)
                           OR contains(lower(company), $first)))
           OR (NOT $has_case AND (contains(replace(name, '　', ''), $first) OR contains(city, $first)
                                  OR contains(company, $first)))
           OR contains(email_key, $first)
           OR ($has_digit AND contains(lower(customer_no), $first)))
      AND ($second = '' OR contains(lower(concat_ws(' ', name, email_key, company, city, customer_no)), $second))
      AND ($third = '' OR contains(lower(concat_ws(' ', name, email_key, company, city, customer_no)), $third))
      AND ($fourth = '' OR contains(lower(concat_ws(' ', name, email_key, company, city, customer_no)), $fourth))
),
best AS (
    SELECT c.id, count(*) OVER () AS found,
           CASE WHEN lower(customer_no) = $text OR email_key = $text OR lower(name) = $text THEN 0
                WHEN starts_with(lower(name), $text) OR starts_with(lower(company), $text) THEN 1 ELSE 2 END AS rank
    FROM near JOIN customers c ON c.id = near.id
    ORDER BY rank, name, c.id
    LIMIT $limit
)
SELECT c.id, b.rank, c.name, c.customer_no, c.email, c.phone, c.city, c.country, c.company, b.found
FROM best b JOIN customers c ON c.id = b.id
ORDER BY b.rank, c.name, c.id
