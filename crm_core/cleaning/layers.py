"""Steps laid over each other as views, so that one pass over the rows counts what every step does.

Each step adds a layer: the columns as they are after it, and marks (`~…`), which the layers above carry along:
which cell the step changed, which row it lets go, which cell it left as it was because a rule would be broken.
"""
import re
from dataclasses import dataclass, field, replace

from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Expectation
from crm_core.tables import RULES, SQL_TYPES, TABLES


@dataclass
class Laid:
    """What to count and show of a step, by the names of its marks."""

    before: str = ""  # mark: the row came to the step
    after: str = ""  # mark: the row went on
    changed: str | None = None  # mark: a cell of the row differs
    cells: dict[str, str] = field(default_factory=dict)  # column → mark
    was: dict[str, str] = field(default_factory=dict)  # column → where its value before the step is carried
    became: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, dict, str]] = field(default_factory=list)  # note, facts, mark of the rows it is about
    expects: tuple[Expectation, str] | None = None
    notes: tuple[tuple[str, dict], ...] = ()
    looked_at: tuple[str, ...] = ()  # the columns that the step is about: of a row that leaves one of them is shown


class Layers:
    """The layers over a sheet. `sheet` is what the next step sees."""

    def __init__(self, sheet: Sheet, at: str, guard_rows: bool = False):
        self.ask, self.at = sheet.ask, at  # at: the time that rules compare with, as SQL
        # Rules about a whole row and keys hang columns together, so that every look at one reads them all; and hardly
        # a recipe breaks one. So they are only watched at first (`breaks`), and guarded where one would be broken.
        self.guard_rows = guard_rows
        self.breaks: list[str] = []
        self.base, self.sheet, self.place = sheet, sheet, 0
        self.layer, self.alive = "layer_0", "~alive"
        self.carried: list[str] = []
        self.touched: dict[str, str] = {}  # column → the mark of its last change
        self.last: dict[str, tuple[int, str, str]] = {}  # column → place, mark and old value of its last change
        self.moved: dict[str, list[str]] = {}  # key → tables of what steps before made of it
        self.changes: list[str] = []
        self._view("layer_0", f"SELECT id, {self._listed()} true AS {quoted(self.alive)} FROM {sheet.source}")

    # --- a step more -----------------------------------------------------------------------------

    def add(self, place: int, edit: Edit, sheet: Sheet, looked_at: tuple[str, ...] = ()) -> Laid:
        """Lay a step over what is there, planned for `sheet`."""
        laid = Laid(before=self.alive, after=self.alive, notes=edit.notes, looked_at=looked_at)
        # Columns that a step is not about cost nothing: DuckDB reads only what the marks asked for need.
        new = {name: edit.sets[name] for name in edit.sets}
        joins = list(edit.joins)
        for number, by_value in enumerate(edit.maps):
            new[by_value.column] = self._mapped(f"{place}_{number}", by_value, sheet, joins)
        types = {name: self.base.type_is_fixed(name) and self.base.columns[name]
                 or edit.types.get(name) or self.sheet.columns[name] for name in new}
        inner = ["layer.*"]
        for number, (name, sql) in enumerate(new.items()):
            inner.append(f"{_typed(sql, types[name])} AS {quoted(f'~n{place}_{number}')}")
        if edit.keep is not None:
            inner.append(f"coalesce({edit.keep}, false) AS {quoted(f'~keep{place}')}")
        alive = quoted(self.alive)
        for number, (note, condition) in enumerate(edit.counted.items()):
            mark = f"~told{place}_{number}"
            inner.append(f"{alive} AND coalesce({condition}, false) AS {quoted(mark)}")
            laid.told.append((note, {}, mark))
        if edit.expects is not None:
            inner.append(f"{alive} AND coalesce({edit.expects.broken}, false) AS {quoted(f'~broken{place}')}")
            laid.expects = (edit.expects, f"~broken{place}")
        source = f"SELECT {', '.join(inner)} FROM {self.layer} layer {' '.join(joins)}"
        named = {name: quoted(f"~n{place}_{number}") for number, name in enumerate(new)}
        source, guarded = self._guarded(place, source, named)
        self._finish(place, source, named, guarded, types, edit, laid)
        return laid

    def _finish(self, place: int, source: str, named: dict, guarded: dict, types: dict, edit: Edit, laid: Laid) -> None:
        """The outer layer: the columns with their new values, and the step's marks."""
        alive, marks, own_marks = quoted(self.alive), [], []

        def mark(name: str, sql: str) -> str:
            marks.append(f"{sql} AS {quoted(name)}")
            own_marks.append(name)
            return name

        for number, (name, value) in enumerate(guarded.items()):
            old, differs = self._old(name), self._differs(value, name, types[name])
            cell = f"{alive} AND {differs}"
            laid.cells[name] = mark(f"~cell{place}_{number}", cell)
            laid.was[name] = mark(f"~was{place}_{number}", old)
            laid.became[name] = mark(f"~became{place}_{number}", value)
            if value != named[name]:
                kept = mark(f"~kept{place}_{number}", f"{alive} AND NOT {differs} "
                            f"AND {self._differs(named[name], name, types[name])}")
                laid.told.append(("kept", {"column": name}, kept))
            if name in self.last:
                by, changed, was = self.last[name]
                undone = mark(f"~undone{place}_{number}", f"{cell} AND {quoted(changed)} AND "
                              f"CAST({value} AS VARCHAR) IS NOT DISTINCT FROM CAST({quoted(was)} AS VARCHAR)")
                laid.told.append(("undoes", {"column": name, "place": by}, undone))
        if guarded:
            cells = " OR ".join(self._differs(value, name, types[name]) for name, value in guarded.items())
            laid.changed = (mark(f"~row{place}", f"{alive} AND ({cells})") if len(guarded) > 1
                            else next(iter(laid.cells.values())))
            self.changes.append(laid.changed)
        if edit.keep is not None:
            laid.after = mark(f"~alive{place}", f"{alive} AND {quoted(f'~keep{place}')}")
        for _, _, told in laid.told:
            if told not in own_marks:
                own_marks.append(told)
                marks.append(quoted(told))
        if f"~breaks{place}" in self.breaks:
            own_marks.append(f"~breaks{place}")
            marks.append(quoted(f"~breaks{place}"))
        if laid.expects:
            own_marks.append(laid.expects[1])
            marks.append(quoted(laid.expects[1]))
        for name in named:
            self.sheet = self.sheet.with_column(name, types[name])
        columns = "".join(f"{guarded[name]} AS {quoted(name)}, " if name in guarded else f"{quoted(name)}, "
                          for name in self.sheet.columns)
        carried = "".join(f"{quoted(name)}, " for name in [*self.carried, self.alive])
        self._view(f"layer_{place}", f"SELECT id, {columns}{carried}{', '.join(marks) or 'true AS ' + quoted('~')} "
                                     f"FROM ({source})")
        self.carried += [self.alive, *own_marks] if self.alive not in self.carried else own_marks
        self.carried = list(dict.fromkeys(name for name in self.carried if name != laid.after))
        self.layer, self.alive = f"layer_{place}", laid.after
        for name in guarded:
            self.last[name] = (place, laid.cells[name], laid.was[name])
            self.touched[name] = types[name]
        self.place = place

    def seen(self, columns: list[str] | None) -> Sheet:
        """What the next step sees of these columns (None: of all); they are worked out only if it looks."""
        columns = list(self.sheet.columns) if columns is None else [
            name for name in dict.fromkeys(columns) if name in self.sheet.columns]
        source, place, layer, alive = f"sheet_{self.place}", self.place, self.layer, self.alive
        untouched = alive == "~alive" and not set(columns) & set(self.touched)
        looked: list[bool] = []

        def look() -> None:
            if looked:
                return
            looked.append(True)
            listed = ", ".join(["id", *map(quoted, columns)])
            if untouched:
                self._view(source, f"SELECT {listed} FROM {self.base.source}")
                return
            # As a table: a condition on a view would be pushed through the layers, and each layer's SQL be
            # repeated in it, and again in the next.
            self.ask.execute(f"CREATE OR REPLACE TEMP TABLE seen_{place} AS SELECT {listed}, {quoted(alive)} "
                             f"FROM {layer}")
            self._view(source, f"SELECT {listed} FROM seen_{place} WHERE {quoted(alive)}")

        if not place:
            return self.base
        return replace(self.sheet, source=source, look=look)

    # --- cells that would break a rule stay as they are ---------------------------------------------

    def _guarded(self, place: int, source: str, named: dict[str, str]) -> tuple[str, dict[str, str]]:
        """A source in which what would break a rule of the book stays as it was, and where each new value is then."""
        guarded = dict(named)
        if self.sheet.table is None:
            return source, guarded
        described = TABLES[self.sheet.table]
        checks = {name: self._broken(described.column(name), value) for name, value in named.items()
                  if self.base.type_is_fixed(name)}
        checks = {name: condition for name, condition in checks.items() if condition}
        if checks:
            source, guarded = self._stay(source, guarded, f"rule{place}", checks)
        watched = []
        for number, (_, condition) in enumerate(described.rules):
            about = self._about(condition, guarded)
            broken = f"NOT ({_over(condition, about)})" if about else ""
            if about and self.guard_rows:
                source, guarded = self._stay(source, guarded, f"row{place}_{number}", dict.fromkeys(about, broken))
            elif about:
                watched.append(f"({_any_differs(about)}) AND coalesce({broken}, false)")
        for column in (described.column(key[0]) for key in described.keys if len(key) == 1):
            about = self._about(column.derived or "", guarded)
            if about and self.guard_rows:
                stays = self._taken(place, source, column, about)
                if stays:
                    source, guarded = self._stay(source, guarded, f"key{place}", dict.fromkeys(
                        about, f"id IN (SELECT id FROM temp.{stays})"))
            elif about:
                # Asked only of cells that differ: two keys of a million e-mails would take longer than all the rest.
                was = _over(column.derived, {name: quoted(name) for name in about})
                watched.append(f"CASE WHEN {_any_differs(about)} "
                               f"THEN {_over(column.derived, about)} <> coalesce({was}, '') END")
        if watched:
            self.breaks.append(f"~breaks{place}")
            together = " OR ".join(f"coalesce({each}, false)" for each in watched)
            source = f"SELECT *, {quoted(self.alive)} AND ({together}) AS {quoted(self.breaks[-1])} FROM ({source})"
        return source, guarded

    def _about(self, condition: str, values: dict[str, str]) -> dict[str, str]:
        """The new values of the columns that a condition of tables.py is about."""
        return {name: value for name, value in values.items()
                if re.search(rf"\b{name}\b", condition) and self.base.type_is_fixed(name)}

    def _stay(self, source: str, values: dict, suffix: str, checks: dict[str, str]) -> tuple[str, dict[str, str]]:
        added, now = [], dict(values)
        for number, (name, broken) in enumerate(checks.items()):
            old, value = quoted(name), values[name]
            now[name] = quoted(f"~{suffix}_{number}")
            # One condition a WHEN: rules are looked at only where the cell would change.
            added.append(f"CASE WHEN {value} IS NOT DISTINCT FROM {old} THEN {old} WHEN {broken} THEN {old} "
                         f"ELSE {value} END AS {now[name]}")
        return f"SELECT *, {', '.join(added)} FROM ({source})", now

    def _broken(self, column, value: str) -> str:
        """SQL that is true where a value breaks what tables.py says of its column; empty where nothing is said."""
        broken = []
        if column.required:
            broken.append(f"{value} IS NULL")
        if column.rule:
            broken.append("NOT (" + RULES[column.rule].replace("{}", value).replace("$at", self.at) + ")")
        if column.choices:
            broken.append(f"{value} NOT IN ({', '.join(map(literal, column.choices))})")
        return " OR ".join(f"coalesce({each}, false)" for each in broken)

    def _taken(self, place: int, source: str, column, about: dict[str, str]) -> str | None:
        """A table of the rows whose key would become that of another row: they may be duplicates."""
        key = _over(column.derived, about)
        was = _over(column.derived, {name: quoted(name) for name in about})
        moved, stays = f"moved_{place}_{column.name}", f"stays_{place}_{column.name}"
        self.ask.execute(
            f"CREATE OR REPLACE TEMP TABLE {moved} AS SELECT id, key FROM (SELECT id, {key} AS key, {was} AS was "
            f"FROM ({source}) WHERE {quoted(self.alive)} AND ({_any_differs(about)})) WHERE key IS NOT NULL "
            "AND key IS DISTINCT FROM was")
        if not self.ask.execute(f"SELECT count(*) FROM {moved}").fetchone()[0]:
            return None
        # Whatever the key was at any time of this recipe counts as taken: simple, and no two rows meet.
        others = [f"SELECT id, {column.name} AS key FROM {self.sheet.table} WHERE deleted_at IS NULL",
                  *(f"SELECT id, key FROM temp.{name}" for name in self.moved.get(column.name, []))]
        self.ask.execute(
            f"CREATE OR REPLACE TEMP TABLE {stays} AS SELECT id FROM {moved} WHERE key IN "
            f"(SELECT key FROM {moved} GROUP BY key HAVING count(*) > 1) UNION "
            f"SELECT moved.id FROM {moved} moved JOIN ({' UNION ALL '.join(others)}) other "
            "ON other.key = moved.key AND other.id <> moved.id")
        self.moved.setdefault(column.name, []).append(moved)
        return stays if self.ask.execute(f"SELECT count(*) FROM {stays}").fetchone()[0] else None

    # --- inside ------------------------------------------------------------------------------------

    def _mapped(self, suffix: str, by_value, sheet: Sheet, joins: list[str]) -> str:
        """The SQL of a value that is worked out in Python, a distinct value at a time."""
        import pyarrow as pa

        name = quoted(by_value.column)
        before, after = [], []
        for (value,) in self.ask.execute(f"SELECT DISTINCT {name} FROM {sheet.relation} "
                                         f"WHERE {name} IS NOT NULL AND ({by_value.where})").fetchall():
            changed = by_value.change(value)
            if changed != value:
                before.append(value)
                after.append(None if changed is None or changed == "" else str(changed))
        if not before:
            return name
        kind = SQL_TYPES[self.sheet.columns[by_value.column]]
        texts = pa.table({"looked_before": pa.array([str(value) for value in before], pa.string()),
                          "looked_after": pa.array(after, pa.string())})
        self.ask.stage(f"map_{suffix}", texts)
        joins.append(f"LEFT JOIN temp.map_{suffix} m{suffix} ON CAST(m{suffix}.looked_before AS {kind}) = layer.{name}")
        return (f"CASE WHEN m{suffix}.looked_before IS NULL THEN layer.{name} "
                f"ELSE TRY_CAST(m{suffix}.looked_after AS {kind}) END")

    def _listed(self) -> str:
        return "".join(f"{quoted(name)}," for name in self.sheet.columns)

    def _old(self, name: str) -> str:
        return quoted(name) if name in self.sheet.columns else "CAST(NULL AS VARCHAR)"

    def _differs(self, value: str, name: str, kind: str) -> str:
        if name not in self.sheet.columns:
            return f"{value} IS NOT NULL"
        if self.sheet.columns[name] == kind:
            return f"{value} IS DISTINCT FROM {quoted(name)}"
        return f"CAST({value} AS VARCHAR) IS DISTINCT FROM CAST({quoted(name)} AS VARCHAR)"

    def _view(self, name: str, select: str) -> None:
        self.ask.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {select}")


def _typed(sql: str, kind: str) -> str:
    if kind in ("text", "choice"):
        return f"nullif(CAST({sql} AS VARCHAR), '')"  # an empty text is a missing value
    return f"TRY_CAST({sql} AS {SQL_TYPES[kind]})"


def _any_differs(values: dict[str, str]) -> str:
    return " OR ".join(f"{value} IS DISTINCT FROM {quoted(name)}" for name, value in values.items())


def _over(condition: str, values: dict[str, str]) -> str:
    """A condition of tables.py with other SQL in the place of some columns."""
    return re.sub(rf"\b({'|'.join(map(re.escape, values))})\b(?!\()", lambda found: values[found[0]], condition)
