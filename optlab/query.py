"""SQL over the tables of a results folder, in memory; the files are only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optlab.core.status import InputError
from optlab.snapshot import MovedError
from optlab.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from optlab.results import Results


def query(results: Results, sql: str) -> pd.DataFrame:
    """Return the answer of DuckDB to an SQL query over the tables runs, iterations and trajectories.

    Complete tables are read where they lie, and only the columns and row groups that the query needs; those of an
    unfinished experiment are put together in memory first.

    Raises
    ------
    InputError
        Where DuckDB is not installed (extra `sql`), or does not accept the query.

    Examples
    --------
    >>> query(results, "select optimizer, median(n_f) from runs group by optimizer")  # doctest: +SKIP
    """
    try:
        import duckdb
    except ImportError as error:
        msg = "queries need DuckDB: pip install 'optlab[sql]'"
        raise InputError(msg) from error

    def ask() -> pd.DataFrame | None:
        there, partial = results.snapshot, results.partial
        with duckdb.connect(":memory:") as connection:
            try:
                for name in TABLES:
                    if partial:
                        connection.register(name, there.table(name))
                    else:
                        path = str(there.sources[0].paths[name]).replace("'", "''")
                        connection.execute(f"create view {name} as select * from read_parquet('{path}')")
                answer: Any = connection.execute(sql)  # None for an empty query
                found: pd.DataFrame | None = answer.df() if answer is not None else None
            except duckdb.Error as error:
                if there.outdated:
                    raise MovedError(results.folder) from error
                msg = f"the query cannot be answered: {error}"
                raise InputError(msg) from error
        return found

    frame = results.steady(ask, results.folder)
    if frame is None:
        msg = f"the query is empty, given {sql!r}: for example, select label, count(*) from runs group by label"
        raise InputError(msg)
    return frame
