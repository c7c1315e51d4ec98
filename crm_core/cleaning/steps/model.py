"""A missing value as a model would guess it from the row's other columns.

Gradient boosting by histograms (scikit-learn's HistGradientBoosting), which takes missing values and categories as
they come; it learns from a seeded sample and is held against the median, or the most frequent value, on rows that it
has not seen.
"""
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import Edit, StepSkipped
from crm_core.tables import SQL_TYPES

SAMPLE = 20_000  # rows to learn from: more of them cost time and bring little
FEWEST = 50  # rows with a value
CATEGORIES = 50  # a text with more different values tells single rows, not kinds of rows
CHUNK = 100_000
WORTH = 0.02  # less error than the plain fill by at least this share: else the plain fill says it more honestly


def model_fill(sheet: Sheet, column: str) -> Edit:
    """Raises StepSkipped: all_missing, too_few_known, too_many_values, nothing_to_learn_from, model_no_better."""
    name = quoted(column)
    known, missing, different = sheet.ask.execute(
        f"SELECT count({name}), count(*) - count({name}), approx_count_distinct({name}) FROM {sheet.relation}"
    ).fetchone()
    if not known:
        raise StepSkipped("all_missing", column=column)
    if known < FEWEST:
        raise StepSkipped("too_few_known", column=column, needed=FEWEST, found=known)
    numeric = sheet.columns[column] in ("whole", "number", "money")
    if not numeric and different > CATEGORIES:
        raise StepSkipped("too_many_values", column=column, found=different, most=CATEGORIES)
    numbers, categories = _features(sheet, column)
    if not numbers and not categories:
        raise StepSkipped("nothing_to_learn_from", column=column)
    if not missing:
        return Edit(sets={column: name})
    listed = ", ".join([*(f"CAST({sql} AS DOUBLE) AS {quoted(feature)}" for feature, sql in numbers.items()),
                        *(f"CAST({quoted(feature)} AS VARCHAR) AS {quoted(feature)}" for feature in categories)])
    target = f"CAST({name} AS {'DOUBLE' if numeric else 'VARCHAR'}) AS looked_target"
    learned = sheet.ask.execute(
        f"SELECT {target}, {listed} FROM {sheet.relation} WHERE {name} IS NOT NULL "
        f"ORDER BY hash(id + {sheet.seed}), id LIMIT {SAMPLE}").df()
    # A column that is empty wherever the target is known (a birth date beside an age) teaches nothing.
    teaching = learned.drop(columns="looked_target")
    idle = [feature for feature in teaching.columns if teaching[feature][len(teaching) // 5:].nunique() < 2]
    if len(idle) == len(teaching.columns):
        raise StepSkipped("nothing_to_learn_from", column=column)
    categories = [feature for feature in categories if feature not in idle]
    frame, dtypes = _encoded(teaching.drop(columns=idle), categories)
    model, note = _fitted(frame, learned["looked_target"], numeric, sheet.seed, column)
    guesses = f"guesses_of_{sheet.place}"
    sheet.ask.execute(f"CREATE OR REPLACE TEMP TABLE {guesses} (looked_id BIGINT, looked_guess VARCHAR)")
    _guess(sheet, model, f"SELECT id AS looked_id, {listed} FROM {sheet.relation} WHERE {name} IS NULL",
           idle, categories, dtypes, guesses, numeric and sheet.columns[column] == "whole")
    kind = SQL_TYPES[sheet.columns[column]]
    return Edit(sets={column: f"coalesce({name}, TRY_CAST(looked_guess AS {kind}))"},
                joins=(f"LEFT JOIN temp.{guesses} ON looked_id = layer.id",), notes=(note,))


def _features(sheet: Sheet, target: str) -> tuple[dict[str, str], list[str]]:
    """The columns to learn from: numbers and dates by their SQL, and texts with few different values."""
    numbers, texts = {}, []
    for name, type in sheet.columns.items():
        if name == target or sheet.locked(name):
            continue
        if type in ("whole", "number", "money"):
            numbers[name] = quoted(name)
        elif type in ("day", "time"):
            numbers[name] = f"epoch({quoted(name)})"
        else:
            texts.append(name)
    if not texts:
        return numbers, []
    drawn = f"(SELECT * FROM {sheet.relation} LIMIT {SAMPLE})"
    different = sheet.ask.execute(
        f"SELECT {', '.join(f'count(DISTINCT {quoted(name)})' for name in texts)} FROM {drawn}").fetchone()
    return numbers, [name for name, count in zip(texts, different, strict=True) if 2 <= count <= CATEGORIES]


def _encoded(frame, categories: list[str], dtypes: dict | None = None):
    """Texts as categories; one that the model never saw counts as missing."""
    import pandas as pd

    dtypes = dtypes or {name: pd.CategoricalDtype(sorted(frame[name].dropna().unique())) for name in categories}
    return frame.astype(dtypes), dtypes


def _fitted(frame, target, numeric: bool, seed: int, column: str):
    """The model, and how much better than the plain fill it is on a fifth of the rows that it has not seen."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    made = HistGradientBoostingRegressor if numeric else HistGradientBoostingClassifier
    options = {"random_state": seed, "early_stopping": False, "categorical_features": "from_dtype"}
    fifth = len(frame) // 5
    seen, unseen = slice(fifth, None), slice(0, fifth)
    if not numeric and target[seen].nunique() < 2:
        raise StepSkipped("constant", column=column, value=str(target.iloc[0]))
    guessed = made(**options).fit(frame[seen], target[seen]).predict(frame[unseen])
    truth = target[unseen].to_numpy()
    if numeric:
        error, plain = np.abs(guessed - truth).mean(), np.abs(target[seen].median() - truth).mean()
    else:
        error, plain = (guessed != truth).mean(), (target[seen].mode()[0] != truth).mean()
    better = float(1 - error / plain) if plain else 0.0
    if better <= WORTH:
        raise StepSkipped("model_no_better", column=column)
    return made(**options).fit(frame, target), ("model_better", {"column": column, "share": better})


def _guess(sheet: Sheet, model, select: str, idle: list[str], categories: list[str], dtypes: dict, into: str,
           whole: bool) -> None:
    import pandas as pd

    rows = sheet.ask.execute(f"{select} ORDER BY id").df()
    for start in range(0, len(rows), CHUNK):
        chunk = rows.iloc[start:start + CHUNK]
        frame, _ = _encoded(chunk.drop(columns=["looked_id", *idle]), categories, dtypes)
        guesses = model.predict(frame)
        texts = [str(round(guess)) if whole else str(guess) for guess in guesses]
        sheet.ask.stage(f"{into}_part", pd.DataFrame({"looked_id": chunk["looked_id"].to_numpy(), "guess": texts}))
        sheet.ask.execute(f"INSERT INTO {into} SELECT looked_id, guess FROM temp.{into}_part")
