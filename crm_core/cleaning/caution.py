"""What a person should stop at in a dry run, although every step may be done."""
from crm_core.cleaning.recipe import DryRun, Tried

MANY = 0.05  # the share of rows from which on leaving is no tidying up any more


def share_leaving(step: Tried) -> float:
    """The share of the rows that come to a step and leave there."""
    return (step.rows_before - step.rows_after) / step.rows_before if step.rows_before else 0.0


def loses_many(step: Tried) -> bool:
    """Whether so many rows leave that filling or flagging the gaps should be thought of."""
    return step.rows_after > 0 and share_leaving(step) >= MANY


def changes_anything(run: DryRun) -> bool:
    """Whether applying the recipe would write a row at all."""
    return any(step.rows_changed or step.rows_after < step.rows_before for step in run.steps)
