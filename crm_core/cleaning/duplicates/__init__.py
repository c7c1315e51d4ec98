"""Which records are one person, company or product: found without labels, explained level by level.

id | name       | email             | phone              id_a | id_b | weight | probability
 1 | Ada Wong   | ada@shop.example  | 0171 5550101          1 |    2 |   14.2 |       .9999
 2 | Wong, Ada  | ADA@shop.example  | +49 171 5550101   →
 3 | Bo Li      |                   | 138 0013 8000
"""

from crm_core.cleaning.duplicates.answers import Duplicates, Part, usable
from crm_core.cleaning.duplicates.columns import understand_columns
from crm_core.cleaning.duplicates.matching import explain, find_duplicates
from crm_core.cleaning.duplicates.newcomers import Known, match_new

__all__ = ["Duplicates", "Known", "Part", "explain", "find_duplicates", "match_new", "understand_columns", "usable"]
