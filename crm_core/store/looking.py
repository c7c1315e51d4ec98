"""Read the book with SQL made for the question: what profiles, dry runs and matching ask."""
from crm_core import engine


class Look:
    """One transaction that changes nothing. A batch can be asked in the same way."""

    def __init__(self, cursor):
        self.cursor = cursor

    def execute(self, sql: str, **parameters):
        return self.cursor.execute(sql, parameters or None)

    def stage(self, name: str, data) -> None:
        """Lay a frame or an Arrow table aside as the temp table `name`."""
        engine.stage(self.cursor, name, data)

    def frame(self, query: str, /, **parameters):
        """The answer of queries/<query>.sql as a pandas frame."""
        return engine.to_frame(engine.run(self.cursor, query, **parameters))
