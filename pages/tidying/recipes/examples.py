"""Recipes to begin with, for the tables that have what they need."""
from crm_core.cleaning import Step

# What each step of an example works on is taken from the table: the columns of these names that it has.
EXAMPLES: dict[str, tuple[tuple[str, dict], ...]] = {}


def steps_for(name: str, table: str) -> tuple[Step, ...]:
    return ()
