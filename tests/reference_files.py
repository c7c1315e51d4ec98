"""Makes crm_core/cleaning/reference/phones.csv from the metadata of `phonenumbers`: python -m tests.reference_files"""
import csv
import io

import phonenumbers
from phonenumbers import PhoneMetadata

from tests.conftest import PROJECT

PHONES = PROJECT / "crm_core" / "cleaning" / "reference" / "phones.csv"


def phones() -> str:
    """The table as text; a test holds the file to it, so a new `phonenumbers` says when the file is old."""
    regions = [PhoneMetadata.metadata_for_region(region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    regions += [PhoneMetadata.metadata_for_nongeo_region(code) for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("region", "calling_code", "main", "lengths", "trunk", "trunk_becomes", "abroad", "pattern"))
    for about in regions:
        main = phonenumbers.region_codes_for_country_code(about.country_code)[0] == about.id
        rows.writerow((about.id, about.country_code, "yes" if main else "", " ".join(map(str, about.general_desc.possible_length)),
                       about.national_prefix_for_parsing, about.national_prefix_transform_rule, about.international_prefix,
                       about.general_desc.national_number_pattern))
    return text.getvalue()


if __name__ == "__main__":
    PHONES.write_text(phones(), encoding="utf-8")
