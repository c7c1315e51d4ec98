-- Names, addresses and the rest. A person's facts are drawn by `who`, so that a duplicate record has them too; what
-- the duplicate writes differently is drawn by n.
CREATE OR REPLACE TEMP VIEW fact AS
WITH drawn AS (
    SELECT n, who, id, n <> who AS is_double, country, names, streets, joined_day,
           consent_email, consent_sms, consent_phone,
           CASE WHEN u(who, 'gender') < 0.58 THEN 'female' ELSE 'male' END AS gender,
           as_of() - CAST(floor(365.25 * (18 + 31 * (u(who, 'age') + u(who, 'age 2')))) AS INTEGER) AS birth_date,
           whole(who, 'given name', 512) AS given_place, whole(who, 'second sign', 512) AS second_place,
           whole(who, 'family name', 512) AS family_place, whole(who, 'city', 512) AS city_place,
           whole(who, 'street', 512) AS street_place,
           -- what a second record does to the name, the e-mail and the phone of the first
           CASE WHEN n = who THEN 'none'
                WHEN names = 'zh'
                    THEN one_of(n, 'name change', ['none', 'none', 'none', 'other sign', 'pinyin', 'full width'])
                ELSE one_of(n, 'name change', ['none', 'typo', 'nickname', 'swapped', 'initial', 'upper case'])
           END AS name_change,
           CASE WHEN n = who THEN CASE WHEN u(n, 'no mail') < 0.07 THEN 'missing' ELSE 'none' END
                ELSE one_of(n, 'mail change', ['other', 'other', 'missing']) END AS mail_change,
           CASE WHEN n = who THEN CASE WHEN u(n, 'no phone') < 0.14 THEN 'missing' ELSE 'none' END
                ELSE one_of(n, 'phone change', ['none', 'other writing', 'other writing', 'other', 'missing'])
           END AS phone_change
    FROM person
)
SELECT d.*, g1.name AS given1, g1.latin AS given1_latin, g2.name AS given2, g2.latin AS given2_latin,
       f.name AS family, f.latin AS family_latin, nick.nickname, c.city, c.region, c.dial, c.post, s.street,
       k.spelled, k.address AS address_form, k.phones, k.providers
FROM drawn d
JOIN countries k ON k.name = d.country
JOIN pick_name g1 ON g1.list = d.names AND g1.place = given_place
    AND g1.part = d.gender || CASE WHEN d.names = 'zh' THEN '_second' ELSE '' END
-- Chinese given names have two signs, or one
LEFT JOIN pick_name g2 ON g2.list = d.names AND g2.place = CASE WHEN u(who, 'one sign') >= 0.2 THEN second_place END
    AND g2.part = d.gender || '_first'
JOIN pick_name f ON f.list = d.names AND f.part = 'family' AND f.place = family_place
JOIN pick_city c ON c.country = d.country AND c.place = city_place
JOIN pick_street s ON s.list = d.streets AND s.place = street_place
LEFT JOIN nicknames nick ON nick.name = g1.name AND d.names <> 'zh';

CREATE OR REPLACE TEMP TABLE written AS
WITH named AS (
    SELECT *, coalesce(given2, '') || given1 AS given, coalesce(given2_latin, '') || given1_latin AS given_latin,
           CASE WHEN names = 'zh' THEN family || coalesce(given2, '') || given1
                ELSE given1 || ' ' || family END AS plain_name,
           whole(n, 'where', length(family) - 2) AS typo_at,
           -- a number in place of a name, as many Chinese accounts have: times 48271 modulo a prime is never twice the same
           names = 'zh' AND u(n, 'mail style') < 0.45 AS by_number
    FROM fact
),
mails AS (
    -- The part before the @, as people make it up; a number behind it makes it the only one.
    SELECT *,
           CASE WHEN mail_change = 'missing' THEN NULL
                WHEN by_number THEN CAST(300000000 + (n * 48271) % 2147483647 AS VARCHAR)
                WHEN u(n, 'mail style') < 0.60 THEN given_latin || '.' || family_latin
                WHEN u(n, 'mail style') < 0.72 THEN given_latin || family_latin
                WHEN u(n, 'mail style') < 0.80 THEN given_latin || '_' || family_latin
                WHEN u(n, 'mail style') < 0.90 THEN left(given_latin, 1) || '.' || family_latin
                ELSE given_latin || family_latin || year(birth_date) END AS mail_base
    FROM named
),
numbered AS (
    -- The numbers stay below 1900, where years of birth begin, or have an x.
    SELECT *, row_number() OVER (PARTITION BY mail_base ORDER BY n) AS turn,
           CASE WHEN turn = 1 THEN ''
                WHEN right(mail_base, 1) BETWEEN '0' AND '9' THEN '_' || turn
                WHEN turn < 1900 THEN CAST(turn AS VARCHAR) ELSE 'x' || turn END AS mail_number,
           CASE WHEN phone_change = 'other' THEN n + 5000000000 ELSE who END AS phone_of,
           (whole(who, 'phone style', 3) + CASE phone_change WHEN 'other writing' THEN 1 ELSE 0 END) % 3 AS phone_style
    FROM mails
)
SELECT n, who, id, names, joined_day, consent_email, consent_sms, consent_phone,
       CASE name_change
           -- two neighbouring letters change places, somewhere inside the family name
           WHEN 'typo' THEN given1 || ' ' || left(family, 1 + typo_at) || substr(family, 3 + typo_at, 1)
               || substr(family, 2 + typo_at, 1) || substr(family, 4 + typo_at)
           WHEN 'nickname' THEN coalesce(nickname, left(given1, 1) || '.') || ' ' || family
           WHEN 'swapped' THEN family || ' ' || given1
           WHEN 'initial' THEN left(given1, 1) || '. ' || family
           WHEN 'upper case' THEN upper(plain_name)
           WHEN 'other sign' THEN family || coalesce(given2, '')
               || translate(given1, '婷琪颖洁敏琳萱悦菲伟杰涛斌峰轩晨航华', '亭淇影杰民林宣月非炜洁滔彬锋宣辰行桦')
           WHEN 'pinyin' THEN upper(left(given_latin, 1)) || substr(given_latin, 2) || ' '
               || upper(left(family_latin, 1)) || substr(family_latin, 2)
           WHEN 'full width' THEN family || '　' || given
           ELSE CASE WHEN u(n, 'careless') < 0.012 THEN lower(plain_name) ELSE plain_name END
       END AS name,
       CASE WHEN u(n, 'gender gap') >= 0.12 THEN gender END AS gender,
       -- A second record with another phone or none keeps birth date and address: so somebody could still tell.
       is_double AND phone_change IN ('missing', 'other') AS kept,
       CASE WHEN u(n, 'birth gap') < 0.28 AND NOT kept THEN NULL
            WHEN is_double AND u(n, 'birth change') < 0.12 AND day(birth_date) <= 12
                THEN make_date(year(birth_date), day(birth_date), month(birth_date))
            ELSE birth_date END AS birth_date,
       birth_date AS born_on,
       mail_base || mail_number || '@'
           || CASE WHEN by_number THEN 'qmail' ELSE one_of(n, 'provider', providers) END || '.example' AS email,
       CASE WHEN phone_change <> 'missing' THEN
           replace(replace(replace(replace(replace(replace(replace(replace(phones[1 + phone_style],
               '{dial}', dial),
               '{net}', one_of(phone_of, 'phone net', ['3', '5', '7', '8'])),
               '{one}', CAST(whole(who, 'phone 1', 10) AS VARCHAR)),
               '{p3}', lpad(CAST(whole(phone_of, 'phone 2', 1000) AS VARCHAR), 3, '0')),
               '{a}', lpad(CAST(whole(phone_of, 'phone 3', 100) AS VARCHAR), 2, '0')),
               '{b}', lpad(CAST(whole(phone_of, 'phone 4', 100) AS VARCHAR), 2, '0')),
               '{c}', lpad(CAST(whole(phone_of, 'phone 5', 100) AS VARCHAR), 2, '0')),
               '{d}', lpad(CAST(whole(phone_of, 'phone 6', 100) AS VARCHAR), 2, '0')) END AS phone,
       CASE WHEN u(n, 'address gap') >= 0.1 OR kept THEN
           replace(replace(replace(replace(address_form,
               '{street}', CASE WHEN NOT is_double THEN street
                   ELSE replace(replace(replace(replace(street, 'straße', 'str.'), 'Straße', 'Str.'),
                                        'Street', 'St'), 'Avenue', 'Ave') END),
               '{house}', CAST(1 + whole(who, 'house', 120) AS VARCHAR)),
               '{block}', CAST(1 + whole(who, 'block', 20) AS VARCHAR)),
               '{door}', CAST(1 + whole(who, 'floor', 18) AS VARCHAR) || '0' || CAST(1 + whole(who, 'door', 4) AS VARCHAR))
       END AS address,
       CASE WHEN u(n, 'city gap') < 0.03 THEN NULL
            WHEN u(n, 'city spelling') < 0.04 THEN CASE city
                WHEN 'München' THEN 'Munich' WHEN 'Köln' THEN 'Cologne' WHEN 'Wien' THEN 'Vienna'
                WHEN 'New York' THEN 'NYC' WHEN 'Frankfurt am Main' THEN 'Frankfurt'
                WHEN '上海' THEN '上海市' WHEN '北京' THEN '北京市' ELSE upper(city) END
            ELSE city END AS city,
       CASE WHEN u(n, 'postal code gap') >= 0.12 OR kept THEN post || CASE country
           WHEN 'Austria' THEN lpad(CAST(whole(who, 'postal code', 100) AS VARCHAR), 2, '0')
           WHEN 'China' THEN lpad(CAST(whole(who, 'postal code', 100) * 100 AS VARCHAR), 4, '0')
           WHEN 'United Kingdom' THEN (1 + whole(who, 'postal code', 20)) || ' ' || (1 + whole(who, 'post 2', 9))
               || one_of(who, 'post 3', ['AB', 'DE', 'HJ', 'LN', 'PQ', 'RS', 'TW', 'XY'])
           ELSE lpad(CAST(whole(who, 'postal code', 1000) AS VARCHAR), 3, '0') END END AS postal_code,
       CASE WHEN u(n, 'region gap') >= 0.06 THEN region END AS region,
       CASE WHEN u(n, 'country spelling') < 0.015 THEN spelled ELSE country END AS country,
       CASE WHEN u(who, 'has company') < 0.09 THEN whole(who, 'company', 512) END AS company_place,
       whole(who, 'company kind', 512) AS company_kind_place
FROM numbered;

CREATE OR REPLACE TEMP VIEW made_customers AS
SELECT w.id, 'C-' || (100000 + w.id) AS customer_no, w.name, w.gender, w.birth_date,
       -- some who keep their birthday to themselves told how old they are
       CASE WHEN w.birth_date IS NULL AND u(w.n, 'age told') < 0.4
           THEN CAST(floor(date_diff('day', born_on, as_of()) / 365.25) AS BIGINT) END AS age,
       w.email, w.phone, w.address, w.city, w.postal_code, w.region, w.country, c.name AS company, c.company_no,
       CASE WHEN c.name IS NOT NULL THEN CASE WHEN w.names = 'zh' THEN one_of(w.who, 'job', ['采购', '行政', '老板', '店长'])
           ELSE one_of(w.who, 'job', ['Buyer', 'Office manager', 'Owner', 'Shop manager']) END END AS job_title,
       CASE WHEN c.name IS NOT NULL THEN CASE WHEN w.names = 'zh' THEN one_of(w.who, 'in charge', ['小林', '小周'])
           ELSE one_of(w.who, 'in charge', ['Anna', 'Ben', 'Clara']) END END AS owner,
       'C-' || (100000 + r.referrer) AS referrer_no, h.household_no,
       one_of(w.n, 'source', ['web', 'web', 'shop', 'marketplace', 'friend', 'trade fair', 'advertisement',
                              'advertisement']) AS source,
       opens_on() + CAST(w.joined_day AS INTEGER) AS joined_on, w.consent_email, w.consent_sms, w.consent_phone,
       CASE WHEN u(w.n, 'note') < 0.03 THEN
           one_of(w.n, 'note text', ['prefers loose leaf', 'allergic to nuts', 'asks for gift wrapping',
                                     'runs a small café', 'collects teapots', 'deliver in the afternoon']) END AS note
FROM written w
LEFT JOIN pick_company c1 ON c1.list = w.names AND c1.part = 'first' AND c1.place = company_place
LEFT JOIN pick_company c2 ON c2.list = w.names AND c2.part = 'second' AND c2.place = company_kind_place
LEFT JOIN company c ON c.list = w.names AND c.first_text = c1.text AND c.second_text = c2.text
LEFT JOIN household h ON h.n = w.who
LEFT JOIN referral r ON r.n = w.n
ORDER BY w.id;
