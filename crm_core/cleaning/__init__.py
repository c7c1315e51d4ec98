"""A messy customer base made one that can be trusted: profile, recipes, duplicates, merges.

    from crm_core.cleaning import Recipe, Step, apply, check, dry_run, fights, from_json, kinds, run, to_json
"""
from crm_core.cleaning.order import check, fights
from crm_core.cleaning.recipe import DryRun, Recipe, Step, Tried, from_json, to_json
from crm_core.cleaning.running import apply, dry_run, run, try_on
from crm_core.cleaning.sheet import Sheet, sheet_of, sheet_of_relation
from crm_core.cleaning.steps import kinds

__all__ = ["DryRun", "Recipe", "Sheet", "Step", "Tried", "apply", "check", "dry_run", "fights", "from_json", "kinds",
           "run", "sheet_of", "sheet_of_relation", "to_json", "try_on"]
