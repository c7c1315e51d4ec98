-- Names, addresses and the rest. A person's facts are drawn by `who`, so that a duplicate record has them too; what
-- the duplicate writes differently is drawn by n. Providers end in .example: nobody real can be written to.
CREATE OR REPLACE TEMP TABLE fact AS
WITH drawn AS (
    SELECT n, who, id, n <> who AS is_double, country, code, names, streets, joined_day, consent_email, consent_sms, consent_phone,
           CASE WHEN u(who, 'gender') < 0.58 THEN 'female' ELSE 'male' END AS gender,
           as_of() - CAST(floor(365.25 * (18 + 62 * (u(who, 'age') + u(who, 'age 2')) / 2)) AS INTEGER) AS birth_date,
           whole(who, 'given name', 512) AS given_place, whole(who, 'second sign', 512) AS second_place,
           whole(who, 'family name', 512) AS family_place, whole(who, 'city', 512) AS city_place,
           whole(who, 'street', 512) AS street_place,
           -- what the second record does to the first: one thing to the name, one to how the person is reached
           CASE WHEN n = who THEN 'none'
                WHEN names = 'zh' THEN ['none', 'none', 'other sign', 'pinyin', 'full width', 'none'][1 + whole(n, 'name change', 6)]
                ELSE ['typo', 'nickname', 'swapped', 'initial', 'none', 'upper case'][1 + whole(n, 'name change', 6)] END AS name_change,
           CASE WHEN n = who THEN 'none'
                ELSE ['other', 'other', 'missing'][1 + whole(n, 'mail change', 3)] END AS mail_change,
           CASE WHEN n = who THEN 'none'
                ELSE ['other writing', 'other writing', 'missing', 'other', 'none'][1 + whole(n, 'phone change', 5)] END AS phone_change
    FROM person
)
SELECT d.*, g1.name AS given1, g1.latin AS given1_latin,
       CASE WHEN d.names = 'zh' AND u(who, 'one sign') < 0.2 THEN NULL ELSE g2.name END AS given2, g2.latin AS given2_latin,
       f.name AS family, f.latin AS family_latin, nick.nickname,
       c.city, c.region, c.dial, c.post, s.street
FROM drawn d
JOIN pick_name g1 ON g1.list = d.names AND g1.place = given_place
    AND g1.part = d.gender || CASE WHEN d.names = 'zh' THEN '_second' ELSE '' END
LEFT JOIN pick_name g2 ON g2.list = d.names AND g2.place = second_place AND g2.part = d.gender || '_first'
JOIN pick_name f ON f.list = d.names AND f.part = 'family' AND f.place = family_place
JOIN pick_city c ON c.country = d.country AND c.place = city_place
JOIN pick_street s ON s.list = d.streets AND s.place = street_place
LEFT JOIN nicknames nick ON nick.name = g1.name AND d.names <> 'zh';

CREATE OR REPLACE TEMP TABLE written AS
WITH names AS (
    SELECT *,
           CASE WHEN names = 'zh' THEN family || coalesce(given2, '') || given1 ELSE given1 || ' ' || family END AS plain_name,
           CASE WHEN names = 'zh' THEN coalesce(CASE WHEN given2 IS NOT NULL THEN given2_latin END, '') || given1_latin
                ELSE given1_latin END AS given_latin
    FROM fact
),
mails AS (
    -- The part before the @, as people make it up; it becomes unique below.
    SELECT *,
           CASE WHEN mail_change = 'missing' OR (n = who AND u(n, 'no mail') < 0.07) THEN NULL
                WHEN names = 'zh' AND u(n, 'mail style') < 0.45
                    -- a number account: 48271 and the prime make every n another number
                    THEN CAST(300000000 + (n * 48271) % 2147483647 AS VARCHAR)
                WHEN u(n, 'mail style') < 0.60 THEN given_latin || '.' || family_latin
                WHEN u(n, 'mail style') < 0.72 THEN given_latin || family_latin
                WHEN u(n, 'mail style') < 0.80 THEN given_latin || '_' || family_latin
                WHEN u(n, 'mail style') < 0.90 THEN left(given_latin, 1) || '.' || family_latin
                ELSE given_latin || family_latin || year(birth_date) END AS mail_base
    FROM names
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY mail_base ORDER BY n) AS mail_turn FROM mails
),
numbers AS (
    SELECT *,
           CASE WHEN phone_change = 'other' THEN n + 5000000000 ELSE who END AS phone_of,
           -- the style of writing is the person's own unless a second record writes it otherwise
           CASE WHEN phone_change = 'other writing' THEN 1 + whole(who, 'phone style', 3) ELSE whole(who, 'phone style', 3) END % 3 AS phone_style
    FROM numbered
),
digits AS (
    SELECT *, lpad(CAST(whole(phone_of, 'phone 1', 10000) AS VARCHAR), 4, '0') AS p4,
           lpad(CAST(whole(phone_of, 'phone 2', 1000) AS VARCHAR), 3, '0') AS p3,
           lpad(CAST(whole(phone_of, 'phone 3', 10000) AS VARCHAR), 4, '0') AS q4,
           CAST(1 + whole(who, 'house', 120) AS VARCHAR) AS house,
           CAST(whole(who, 'phone 4', 10) AS VARCHAR) AS one,
           -- a second record without the phone keeps address and birth date: somebody could still tell
           phone_change IN ('missing', 'other') AS hidden
    FROM numbers
)
SELECT n, who, id, is_double, name_change, mail_change, phone_change, code,
       CASE name_change
           -- two neighbouring letters change places, somewhere inside the family name
           WHEN 'typo' THEN given1 || ' ' || left(family, 1 + whole(n, 'where', length(family) - 2))
               || substr(family, 3 + whole(n, 'where', length(family) - 2), 1)
               || substr(family, 2 + whole(n, 'where', length(family) - 2), 1)
               || substr(family, 4 + whole(n, 'where', length(family) - 2))
           WHEN 'nickname' THEN coalesce(nickname, left(given1, 1) || '.') || ' ' || family
           WHEN 'swapped' THEN family || ' ' || given1
           WHEN 'initial' THEN left(given1, 1) || '. ' || family
           WHEN 'upper case' THEN upper(given1 || ' ' || family)
           WHEN 'other sign' THEN family || coalesce(given2, '') || translate(given1, '婷琪颖洁敏琳萱悦菲伟杰涛斌峰轩晨航华', '亭淇影杰民林宣月非炜洁滔彬锋宣辰行桦')
           WHEN 'pinyin' THEN upper(left(given_latin, 1)) || substr(given_latin, 2) || ' ' || upper(left(family_latin, 1)) || substr(family_latin, 2)
           WHEN 'full width' THEN family || '　' || coalesce(given2, '') || given1
           ELSE CASE WHEN u(n, 'careless') < 0.012 THEN lower(plain_name) ELSE plain_name END
       END AS name,
       CASE WHEN u(n, 'gender gap') >= 0.12 THEN gender END AS gender,
       CASE WHEN u(n, 'birth gap') < 0.28 AND NOT hidden THEN NULL
            WHEN is_double AND u(n, 'birth change') < 0.12 AND day(birth_date) <= 12
                THEN make_date(year(birth_date), day(birth_date), month(birth_date))
            ELSE birth_date END AS birth_date,
       mail_base || CASE WHEN mail_turn = 1 THEN ''
                         WHEN right(mail_base, 1) BETWEEN '0' AND '9' THEN '_' || mail_turn
                         WHEN mail_turn < 1900 THEN CAST(mail_turn AS VARCHAR) ELSE 'x' || mail_turn END
           || '@' || CASE WHEN names = 'zh' AND u(n, 'mail style') < 0.45 THEN 'qmail.example'
                ELSE list_extract(CASE names WHEN 'zh' THEN ['youxiang.example', 'm163.example', 'xinlang.example']
                                  WHEN 'de' THEN ['postfach.example', 'netzpost.example', 'mailbox.example']
                                  WHEN 'fr' THEN ['courriel.example', 'lapost.example', 'mailbox.example']
                                  ELSE ['mailbox.example', 'webpost.example', 'inbox.example'] END, 1 + whole(n, 'provider', 3)) END AS email,
       CASE WHEN phone_change = 'missing' OR (n = who AND u(n, 'no phone') < 0.14) THEN NULL ELSE CASE code
           WHEN 'CN' THEN CASE phone_style
               WHEN 0 THEN '1' || ['3', '5', '7', '8'][1 + whole(phone_of, 'phone 5', 4)] || one || q4 || p4
               WHEN 1 THEN '1' || ['3', '5', '7', '8'][1 + whole(phone_of, 'phone 5', 4)] || one || ' ' || q4 || ' ' || p4
               ELSE '+86 1' || ['3', '5', '7', '8'][1 + whole(phone_of, 'phone 5', 4)] || one || '-' || q4 || '-' || p4 END
           WHEN 'US' THEN CASE phone_style
               WHEN 0 THEN '(' || dial || ') 555-' || p4 WHEN 1 THEN dial || '-555-' || p4 ELSE '+1 ' || dial || ' 555 ' || p4 END
           WHEN 'GB' THEN CASE phone_style
               WHEN 0 THEN '07' || p3 || ' ' || left(q4, 2) || p4 WHEN 1 THEN '+44 7' || p3 || ' ' || left(q4, 2) || p4
               ELSE '07' || p3 || left(q4, 2) || p4 END
           WHEN 'FR' THEN CASE phone_style
               WHEN 0 THEN '06 ' || left(p4, 2) || ' ' || right(p4, 2) || ' ' || left(q4, 2) || ' ' || right(q4, 2)
               WHEN 1 THEN '+33 6 ' || left(p4, 2) || ' ' || right(p4, 2) || ' ' || left(q4, 2) || ' ' || right(q4, 2)
               ELSE '06' || p4 || q4 END
           WHEN 'AT' THEN CASE phone_style
               WHEN 0 THEN '0664 ' || p3 || q4 WHEN 1 THEN '+43 664 ' || p3 || q4 ELSE '0664/' || p3 || q4 END
           ELSE CASE phone_style
               WHEN 0 THEN '015' || one || ' ' || p4 || q4 WHEN 1 THEN '+49 15' || one || ' ' || p4 || q4
               ELSE '015' || one || '/' || p4 || q4 END END END AS phone,
       CASE WHEN u(n, 'address gap') < 0.1 AND NOT hidden THEN NULL ELSE CASE streets
           WHEN 'zh' THEN street || house || '号' || (1 + whole(who, 'block', 20)) || '栋' || (1 + whole(who, 'floor', 18)) || '0' || (1 + whole(who, 'door', 4)) || '室'
           WHEN 'gb' THEN house || ' ' || street
           WHEN 'us' THEN house || lpad(one, 2, '1') || ' ' || CASE WHEN is_double THEN replace(replace(street, 'Street', 'St'), 'Avenue', 'Ave') ELSE street END
               || CASE WHEN u(who, 'flat') < 0.3 THEN ', Apt ' || (1 + whole(who, 'door', 40)) ELSE '' END
           WHEN 'fr' THEN house || ' ' || street
           ELSE CASE WHEN is_double THEN replace(replace(street, 'straße', 'str.'), 'Straße', 'Str.') ELSE street END || ' ' || house END END AS address,
       CASE WHEN u(n, 'city gap') < 0.03 THEN NULL
            WHEN u(n, 'city spelling') < 0.04 THEN CASE city
                WHEN 'München' THEN 'Munich' WHEN 'Köln' THEN 'Cologne' WHEN 'Wien' THEN 'Vienna' WHEN 'New York' THEN 'NYC'
                WHEN 'Frankfurt am Main' THEN 'Frankfurt' WHEN '上海' THEN '上海市' WHEN '北京' THEN '北京市' ELSE upper(city) END
            ELSE city END AS city,
       CASE WHEN u(n, 'region gap') >= 0.06 THEN region END AS region,
       CASE WHEN u(n, 'country spelling') < 0.015
            THEN CASE code WHEN 'DE' THEN 'Deutschland' WHEN 'US' THEN 'USA' WHEN 'GB' THEN 'UK' WHEN 'CN' THEN '中国' ELSE country END
            ELSE country END AS country,
       CASE WHEN u(who, 'has company') < 0.09 THEN whole(who, 'company', 512) END AS company_place,
       whole(who, 'company kind', 512) AS company_kind_place,
       names, joined_day, consent_email, consent_sms, consent_phone
FROM digits;

DROP TABLE fact;

CREATE OR REPLACE TEMP VIEW made_customers AS
SELECT w.id, 'C-' || (100000 + w.id) AS customer_no, w.name, w.gender, w.birth_date, w.email, w.phone, w.address, w.city, w.region,
       w.country, c1.text || CASE WHEN w.names = 'zh' THEN '' ELSE ' ' END || c2.text AS company,
       ['web', 'web', 'shop', 'marketplace', 'friend', 'trade fair', 'advertisement', 'advertisement'][1 + whole(w.n, 'source', 8)] AS source,
       opens_on() + CAST(w.joined_day AS INTEGER) AS joined_on, w.consent_email, w.consent_sms, w.consent_phone,
       CASE WHEN u(w.n, 'note') < 0.03 THEN ['prefers loose leaf', 'allergic to nuts', 'asks for gift wrapping', 'runs a small café',
            'collects teapots', 'deliver in the afternoon'][1 + whole(w.n, 'note text', 6)] END AS note
FROM written w
LEFT JOIN pick_company c1 ON c1.list = w.names AND c1.part = 'first' AND c1.place = company_place
LEFT JOIN pick_company c2 ON c2.list = w.names AND c2.part = 'second' AND c2.place = company_kind_place
ORDER BY w.id;
