"""A results folder, read back: tables, trajectories, problems, plots."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from optlab.choice import AUTO
from optlab.core.status import InputError
from optlab.environment import SCHEMA
from optlab.snapshot import PARTS, TRIES, MovedError, Snapshot, edition, parts_of, table_path
from optlab.work import catalogue

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from optlab.core.optimizer import Optimizer
    from optlab.core.plot import Plot
    from optlab.core.problem import Array, ProblemBase
    from optlab.expect import Verdict
    from optlab.plots.summary import Summary


@dataclass
class Results:
    """A results folder, read on demand.

    Attributes
    ----------
    folder : Path
        Where it is.
    runs, iterations : DataFrame
        A row per run; a row per run and iteration.
    experiment, environment : dict
        The resolved YAML, and where and with what it ran.
    verdicts : list of Verdict
        The expectations, met or not.
    executed, reused : int
        How many runs the latest execution ran, and how many it found unchanged.
    set_aside : tuple of str
        What the latest execution found damaged.
    current : bool
        Whether the verdicts, figures and report that are there are those of the tables, as the latest execution found.
    """

    folder: Path
    executed: int = 0
    reused: int = 0
    set_aside: tuple[str, ...] = ()
    current: bool = False
    _taken: Snapshot | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The experiment's name."""
        return str(self.experiment.get("name", self.folder.name))

    @property
    def description(self) -> str:
        """The experiment's description, or an empty string."""
        return str(self.experiment.get("description") or "")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per run; those finished so far, while an experiment is running or where it was ended."""
        return self._table("runs")

    def rows(self, names: Iterable[str], prefix: str) -> list[dict[str, Any]]:
        """Return of every run these columns and those with the prefix, None or NaN where there is no value.

        From complete tables it is read without pandas, which would take longer to import than all else.
        """
        wanted = set(names)
        if self.partial:
            frame = self.runs
            own = [str(name) for name in frame if name in wanted or str(name).startswith(prefix)]
            return frame[own].to_dict("records")  # type: ignore[return-value]
        return self.snapshot.display([n for n in self.snapshot.names if n in wanted or n.startswith(prefix)])

    @cached_property
    def iterations(self) -> pd.DataFrame:
        """A row per run and iteration."""
        return self._table("iterations")

    @cached_property
    def tuning(self) -> pd.DataFrame:
        """A row per trial and training start of tuned optimizers: settings, best f, evaluations, rank, chosen.

        Raises
        ------
        InputError
            Where nothing was tuned.
        """
        return self.steady(lambda: self._read("tuning"), self.folder / "tuning.parquet")

    @cached_property
    def experiment(self) -> dict[str, Any]:
        """The resolved experiment."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        path = self.folder / "experiment.yaml"
        try:
            return dict(YAML(typ="safe", pure=True).load(path)) if path.exists() else {}
        except (YAMLError, OSError, TypeError, ValueError) as error:
            raise _damaged(path) from error

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, machine and threads of the latest execution."""
        return dict(self._json("environment.json", {}))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The expectations of the experiment as the latest execution found them."""
        from optlab.expect import Verdict

        return [Verdict(**found) for found in self._json("expectations.json", [])]

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The plug-in files of the experiment."""
        return tuple(self.environment.get("plugins", ()))

    @property
    def snapshot(self) -> Snapshot:
        """What the folder holds: looked at once, and again where its tables have been replaced since."""
        if self._taken is None or self._taken.outdated:
            self._taken = Snapshot(self.folder, verify=False)
        return self._taken

    def steady(self, read: Callable[[], T], path: Path) -> T:
        """Return what `read` finds; once more where the tables are replaced meanwhile, as of an experiment that runs.

        Raises
        ------
        InputError
            That `path` is damaged, where that is no reason for it to fail.
        """
        from pyarrow import ArrowException

        for _ in range(TRIES):
            before = edition(self.folder)
            try:
                found = read()
            except MovedError:
                continue
            except (OSError, ArrowException) as error:
                if edition(self.folder) == before:
                    raise _damaged(path) from error
                continue
            if edition(self.folder) == before:
                return found
        raise MovedError(self.folder)

    @property
    def partial(self) -> bool:
        """Whether there are parts beside the tables: the experiment is running, or was ended."""
        return bool(parts_of(self.folder))

    def _table(self, name: str) -> pd.DataFrame:
        def read() -> pd.DataFrame:
            frame: pd.DataFrame = self.snapshot.table(name).to_pandas() if self.partial else self._read(name)
            return frame

        return self.steady(read, self.folder / (PARTS if self.partial else f"{name}.parquet"))

    def _read(self, name: str) -> pd.DataFrame:
        import pandas as pd

        return pd.read_parquet(table_path(self.folder, name), page_checksum_verification=True)

    def _json(self, name: str, nothing: Any) -> Any:
        path = self.folder / name
        try:
            found = json.loads(path.read_text()) if path.exists() else nothing
        except (OSError, ValueError) as error:
            raise _damaged(path) from error
        if not isinstance(found, type(nothing)):
            raise _damaged(path)
        return found

    def trajectory(self, run: str) -> tuple[Array, Array]:
        """Return (k, x) of the kept iterates of a run, shapes (M,) and (M, n).

        Raises
        ------
        InputError
            For an unknown run.
        """
        return self._of(run, "trajectories", lambda there: there.trajectory(run))

    def iterations_of(self, run: str) -> pd.DataFrame:
        """Return the iterations of one run, all its columns; the rows of others are not read.

        Raises
        ------
        InputError
            For an unknown run.
        """
        table: Any = self._of(run, "iterations", lambda there: there.gather("iterations", [run]))
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def _of(self, run: str, table: str, read: Callable[[Snapshot], T]) -> T:
        def found() -> T:
            there = self.snapshot
            if run not in there.where:
                msg = f"no run {run!r} in {self.folder}"
                raise InputError(msg)
            return read(there)

        return self.steady(found, self.folder / f"{table}.parquet")

    def problem(self, run: str) -> ProblemBase:
        """Return the problem of a run, built anew from its specification, uncounted."""
        if run not in self._specs:
            msg = f"no run {run!r} in {self.folder}"
            raise InputError(msg)
        return self._build(self._specs[run])

    def optimizer(self, run: str) -> Optimizer:
        """Return the method of a run, built anew from its specification: of "auto", what it chose."""
        if run not in self._specs:
            msg = f"no run {run!r} in {self.folder}"
            raise InputError(msg)
        spec = json.loads(self._specs[run])["optimizer"]
        if spec["name"] == AUTO:
            spec = {"name": self.runs.set_index("run").at[run, "optimizer.chosen"]}
        made: Optimizer = catalogue(self.plugins).make("optimizers", spec)
        return made

    @cached_property
    def _specs(self) -> dict[str, str]:
        return dict(zip(self.runs["run"], self.runs["spec"], strict=True))

    @cached_property
    def _built(self) -> dict[str, ProblemBase]:
        return {}

    def _build(self, spec: str) -> ProblemBase:
        wanted = json.dumps(json.loads(spec)["problem"])
        if wanted not in self._built:
            self._built[wanted] = catalogue(self.plugins).make("problems", json.loads(wanted))
        return self._built[wanted]

    def plot(self, name: str, **settings: Any) -> Any:
        """Draw a plot of these results and return the matplotlib Figure; None where there is nothing to draw.

        A notebook shows it; ``figure.savefig("file.pdf")`` writes it. ``results.plot("performance_profile",
        merit="gradient", without=("nesterov",))``

        Raises
        ------
        InputError
            For an unknown plot or setting, or a value out of range.
        """
        return self._plot(name, settings).draw(self)

    def animate(self, path: str | Path, frames: int = 60, per_second: int = 12, **settings: Any) -> Path:
        """Write the trajectories of these results as a GIF and return its path: ``results.animate("paths.gif")``.

        Settings are those of the plot `trajectories`.

        Raises
        ------
        InputError
            For an unknown setting, a file that is no .gif, or where no problem has two variables.
        """
        from optlab.plots.animation import animate
        from optlab.plots.trajectories import Trajectories

        plot = self._plot("trajectories", settings)
        assert isinstance(plot, Trajectories)
        return animate(plot, self, Path(path), frames, per_second)

    def table(self, name: str, **settings: Any) -> Summary:
        """Return the table behind a plot, to publish: ``results.table("solved").latex()``, ``.text()`` and so on.

        "solved", "medians", "failures" and "pairwise" are tables in the first place; of other plots it is the numbers
        that they draw.

        Raises
        ------
        InputError
            For an unknown plot or setting, or a value out of range.
        """
        from optlab.plots.summary import Publishable, Summary

        plot = self._plot(name, settings)
        return plot.summary(self) if isinstance(plot, Publishable) else Summary(plot.table(self), plot.caption)

    def _plot(self, name: str, settings: dict[str, Any]) -> Plot:
        plot: Plot = catalogue(self.plugins).make("plots", {"name": name, **settings})
        return plot

    def _repr_html_(self) -> str:
        from html import escape

        met = f"; {sum(v.met for v in self.verdicts)} of {len(self.verdicts)} expectations met" if self.verdicts else ""
        about = f"<p>{escape(self.description)}</p>" if self.description else ""
        problems = self.runs["problem"].nunique()
        return (
            f"<h4>{escape(self.name)}</h4>{about}<p>{len(self.runs)} runs on {problems} problems{met}; "
            f"<code>{escape(str(self.folder))}</code></p>{self.table('failures')._repr_html_()}"
        )


def _known_schema(folder: Path) -> None:
    try:
        there = json.loads((folder / "environment.json").read_text()).get("schema", 0)
    except (OSError, ValueError, AttributeError):
        return
    if isinstance(there, int) and there > SCHEMA:
        msg = f"{folder} was written by a newer optlab (schema {there}, this one knows {SCHEMA}); update optlab"
        raise InputError(msg)


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is {'damaged' if path.exists() else 'missing'}; run the experiment again")


def load(folder: str | Path) -> Results:
    """Open a results folder.

    Raises
    ------
    InputError
        When there are no results there, or a newer optlab wrote them.
    """
    path = Path(folder)
    _known_schema(path)
    if not any(table_path(path, "runs").is_file() or parts_of(path) for _ in range(2)):  # parts may become tables
        begun = (path / "experiment.yaml").is_file()
        msg = f"{path} holds no results " + (
            "yet: no run of its experiment has finished" if begun else "(no runs.parquet); run an experiment first"
        )
        raise InputError(msg)
    return Results(path)
