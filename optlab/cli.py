"""The command line.

Exit codes: 0; 1 with --strict for failed runs or unmet expectations, for failed checks and steps back; 2 for usage or
configuration; 130 when interrupted, results so far kept.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optlab import __version__
from optlab.core.status import OptlabError
from optlab.registry import ROOTS, Catalogue

if TYPE_CHECKING:
    from optlab.experiment import Experiment
    from optlab.results import Results

USAGE, INTERRUPTED = 2, 130
PATHS = click.Path(path_type=Path)
plugin_option = click.option(
    "--plugin", "plugins", multiple=True, type=PATHS, help="A Python file with classes of your own."
)


def tls_options(command: Any) -> Any:
    """Add the files by which a scheduler is spoken to in TLS."""
    for part, what in (("key", "the key of that certificate"), ("cert", "a certificate"), ("ca", "the authority")):
        command = click.option(f"--tls-{part}", type=click.Path(), metavar="FILE", help=f"TLS: {what}.")(command)
    return command


class Group(click.Group):
    """Turns the errors a person can act on into a message and exit code 2; no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OptlabError as error:
            click.echo(str(error), err=True)
            runner = sys.modules.get("optlab.runner")
            ctx.exit(INTERRUPTED if runner and isinstance(error, runner.Interrupted) else USAGE)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


SELDOM = (50_000, 20, 50)
"""Allocations between two searches for garbage: by Python's own 700 a start spends a twentieth of its time on them."""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="optlab")
def main() -> None:
    """A laboratory for optimization algorithms: one YAML file in, tables, figures and a report out."""
    gc.set_threshold(*SELDOM)


@main.command("run")
@click.argument("file", type=PATHS)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]…")
@click.option("--executor", metavar="NAME", help="auto, serial, local or dask; the file's own by default.")
@click.option("--workers", type=click.IntRange(min=1), help="How many runs at the same time.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Of dask, for example tcp://127.0.0.1:8786; implies --executor dask."
)
@tls_options
@click.option("--results", "folder", type=PATHS, help="Folder of the results; results/<name> by default.")
@click.option("--fresh", is_flag=True, help="Reuse nothing.")
@click.option("--retry", type=click.Choice(["failed", "all"]), help="Run again what failed, or everything.")
@click.option("--dry-run", is_flag=True, help="Check the file and list its runs; run nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 when a run fails or an expectation is unmet.")
@plugin_option
def run_command(
    file: Path,
    overrides: tuple[str, ...],
    executor: str | None,
    workers: int | None,
    scheduler: str | None,
    tls_ca: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    folder: Path | None,
    fresh: bool,
    retry: str | None,
    dry_run: bool,
    strict: bool,
    plugins: tuple[Path, ...],
) -> None:
    """Run the experiment of a YAML file.

    What an earlier run of it left unchanged is reused.
    KEY=VALUE changes the file for this time, for example stop.iterations=50 or problems.0.n=10.
    """
    from optlab.experiment import load

    experiment = load(file, overrides, plugins)
    if dry_run:
        _list_runs(experiment, folder, fresh=fresh, retry=retry)
        return
    from optlab import api

    wish = _executor(executor, scheduler=scheduler, tls_ca=tls_ca, tls_cert=tls_cert, tls_key=tls_key)
    with _ended_gently():
        results = api.run(experiment, folder=folder, executor=wish, workers=workers, fresh=fresh, retry=retry)
    failed = _tell(results)
    if strict and failed:
        sys.exit(1)


def _executor(name: str | None, **cluster: str | None) -> str | dict[str, str] | None:
    """Return what the options ask for: a name, or dask with what belongs to it."""
    given = {key: value for key, value in cluster.items() if value is not None}
    if not given:
        return name
    if name not in (None, "dask"):
        msg = f"--{next(iter(given)).replace('_', '-')} is for --executor dask, not for {name}"
        raise click.UsageError(msg)
    return {"name": "dask", **given}


@contextmanager
def _ended_gently() -> Iterator[None]:
    """Let SIGTERM, by which a cluster ends a job, do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _list_runs(experiment: Experiment, folder: Path | None, *, fresh: bool, retry: str | None) -> None:
    from optlab.runner import outlook
    from optlab.text_table import table

    runs = experiment.runs()
    rows = [(r.label, _settings(r.problem), r.start_label, str(r.seed), r.precision) for r in runs]
    click.echo(table(("label", "problem", "start", "seed", "precision"), rows))
    waiting = {run.label: len(run.candidates) for run in runs if run.candidates}
    for label, number in waiting.items():
        click.echo(f"{label} is tuned first, among {number} values of its settings")
    ahead, there = outlook(experiment, folder, fresh=fresh, retry=retry)
    reused = f"; {ahead} would be executed, {there} reused" if there else ""
    click.echo(f"{len(runs)} run{'s' if len(runs) != 1 else ''}{reused}; nothing was run")


def _settings(spec: dict[str, Any]) -> str:
    def words(value: Any) -> str:
        if isinstance(value, list) and all(isinstance(part, dict) for part in value):
            return " + ".join(_settings(part) for part in value) or "none"
        return str(value)

    return " ".join([str(spec["name"]), *(f"{k}={words(v)}" for k, v in spec.items() if k != "name")])


SHOWN = ("label", "problem", "precision", "status", "message", "iterations", "f", "n_f", "tuned", "notes")
"""What of a run's row is told at the end."""


def _tell(results: Results) -> bool:
    """Print where everything is and what came out; return whether something that --strict minds went wrong."""
    from optlab.runner import FAILURES
    from optlab.text_table import runs_table, there, verdict_lines

    runs = results.rows(SHOWN, "problem.")
    click.echo(runs_table(runs))
    if results.verdicts:
        click.echo("\n" + "\n".join(verdict_lines(results.verdicts)))
    click.echo(f"\nresults  {results.folder}")
    for name in ("figures", "report.html"):
        if (results.folder / name).exists():
            click.echo(f"{name.removesuffix('.html'):<8} {results.folder / name}")
    if results.reused:
        click.echo(
            f"reused   {results.reused} of {results.executed + results.reused} runs; what they depend on is unchanged"
        )
    tuned = [(run["label"], run["problem"], run["tuned"]) for run in runs if there(run.get("tuned")) and run["tuned"]]
    for label, problem, words in dict.fromkeys(tuned):
        click.echo(f"tuned    {label} on {problem}: {words}")
    noted = sum(1 for run in runs if there(run.get("notes")) and run["notes"])
    if noted:
        click.echo(f"columns of {noted} runs could not all be computed; {results.folder / 'report.html'} says why")
    for words in results.set_aside:
        click.echo(words, err=True)
    bad = any(run["status"] in FAILURES for run in runs)
    if bad:
        from optlab.failures import causes, failure_lines

        for line in failure_lines(causes(results.runs[results.runs["status"].isin(FAILURES)])):
            click.echo(line, err=True)
    return bad or not all(verdict.met for verdict in results.verdicts)


@main.command("list")
@click.argument("kind", type=click.Choice(list(ROOTS)))
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only those with this tag; may be repeated.")
@click.option("--suite", "suites", multiple=True, metavar="SUITE", help="Only problems of this suite.")
@click.option("--facts", is_flag=True, help="Of problems: f*, x* and how they are known.")
@plugin_option
def list_command(
    kind: str, tags: tuple[str, ...], suites: tuple[str, ...], facts: bool, plugins: tuple[Path, ...]
) -> None:
    """List the names of a KIND; problems by suite, with n, constraints, derivatives and tags."""
    from optlab.listing import listed

    if kind != "problems" and (suites or facts):
        msg = f"--suite and --facts are for problems, not for {kind}"
        raise click.UsageError(msg)
    click.echo(listed(Catalogue(plugins), kind, tags, suites, facts))


@main.command("show")
@click.argument("name")
@click.option(
    "--plot", "picture", type=PATHS, metavar="FILE", help="Of a problem: draw it to a .svg, .png or .pdf file."
)
@click.option(
    "--v-curve", "curve", type=PATHS, metavar="FILE", help="Of a problem: draw the error of differences of f against h."
)
@plugin_option
def show_command(name: str, picture: Path | None, curve: Path | None, plugins: tuple[Path, ...]) -> None:
    """Describe a NAME: settings, defaults, ranges, facts, file; of a problem the cost of its derivatives too."""
    from optlab.show import describe, draw, draw_errors

    catalogue = Catalogue(plugins)
    click.echo(describe(catalogue, name))
    if picture is not None:
        click.echo(f"\ndrawn: {draw(catalogue, name, picture)}")
    if curve is not None:
        click.echo(f"\ndrawn: {draw_errors(catalogue, name, curve)}")


@main.command("check")
@click.argument("target", metavar="FILE.py|NAME|SUITE")
@click.option("--brief", is_flag=True, help="A line for each that passes; the default for a suite.")
@plugin_option
def check_command(target: str, brief: bool, plugins: tuple[Path, ...]) -> None:
    """Check a problem, a suite of problems, an optimizer, or a convex set.

    A problem's derivatives and facts, an optimizer's contract, a set's projection; for a file every one in it.
    Exit 1 when a check fails.
    """
    from optlab.registry import suites
    from optlab.show import checkable

    brief = brief or target in suites(Catalogue(plugins))
    passed, done = True, 0
    for battery, item in checkable(target, plugins):
        report = battery(item)
        click.echo(f"ok    {report.title}: {report.last_line}" if brief and report.passed else str(report))
        passed, done = passed and report.passed, done + 1
    if brief:
        click.echo(f"{done} checked, {'all passed' if passed else 'not all passed'}")
    if not passed:
        sys.exit(1)


@main.command("report")
@click.argument("folder", type=PATHS)
def report_command(folder: Path) -> None:
    """Draw and write the report of a results FOLDER again."""
    from optlab import api

    click.echo(str(api.report(api.load(folder))))


@main.command("compare")
@click.argument("folders", nargs=-1, required=True, type=PATHS, metavar="BASELINE FOLDER…")
@click.option("--tolerance", type=float, default=0.1, show_default=True, help="By how much mean effort may grow.")
@click.option("--worst", type=float, default=2.0, show_default=True, help="Factor that no single run may exceed.")
@click.option("--lost", type=int, default=0, show_default=True, help="How many runs may be solved no more.")
@click.option("--seconds", type=float, help="By how much mean seconds may grow; not looked at by default.")
@click.option("--effort", default="evaluations", show_default=True, help="Or iterations, n_f, n_gradient …")
@click.option("--complete", is_flag=True, help="A run of the baseline that is missing is a step back, too.")
@click.option("--csv", "goal", type=PATHS, metavar="FILE", help="Write every matched run, changed or not, as CSV.")
@click.option("--markdown", is_flag=True, help="Print the tables as Markdown.")
def compare_command(folders: tuple[Path, ...], goal: Path | None, markdown: bool, **limits: Any) -> None:
    """Compare results folders with the first, run by run: solved, f, effort, seconds.

    Runs are matched by what they are, not by content, so yesterday's and today's code compare; folders may be
    unfinished. Exit 1 on a step back, 2 where nothing can be compared.
    """
    from optlab.comparison import compare
    from optlab.comparison.words import text

    comparison = compare(*folders, **limits)
    click.echo(text(comparison, markdown=markdown))
    if goal is not None:
        comparison.changes.to_csv(goal, index=False, lineterminator="\n")
        click.echo(f"wrote {goal}")
    if not all(len(other.changes) for other in comparison.others):
        sys.exit(USAGE)
    if comparison.regressed:
        sys.exit(1)


@main.command("results")
@click.argument("folder", type=PATHS)
@click.option("--csv", "goal", type=PATHS, metavar="DIR", help="Write the tables as CSV to a folder.")
def results_command(folder: Path, goal: Path | None) -> None:
    """Show the statuses of a results FOLDER at a glance, also while its experiment is running."""
    from optlab import api
    from optlab.failures import causes, failure_lines, status_rows
    from optlab.runner import FAILURES
    from optlab.text_table import table

    results = api.load(folder)
    runs = results.runs
    total = results.environment.get("runs")
    rest = f" of {total}; the others are not there yet" if isinstance(total, int) and total > len(runs) else ""
    click.echo(f"{results.name}: {len(runs)} runs{rest}")
    head, rows = status_rows(runs)
    click.echo(table(head, rows, right=head[1:], whole=head[1:]))
    for line in failure_lines(causes(runs[runs["status"].isin(FAILURES)])):
        click.echo(line)
    for path, why in results.snapshot.damaged:
        click.echo(f"{path} is damaged ({why}) and left out; run the experiment again", err=True)
    if goal is not None:
        from optlab.merge import export_csv

        for path in export_csv(results, goal):
            click.echo(f"wrote {path}")


@main.command("merge")
@click.argument("folders", nargs=-1, required=True, type=PATHS, metavar="FOLDER…")
@click.option("--into", required=True, type=PATHS, metavar="DIR", help="The new results folder.")
def merge_command(folders: tuple[Path, ...], into: Path) -> None:
    """Put the runs of several results FOLDERs into a new one.

    Of a run that several hold, the first counts. Runs of different machines are told apart by a column.
    """
    from optlab.merge import MACHINE, merge

    runs = merge(folders, into).runs
    click.echo(f"{len(runs)} runs in {into}")
    if MACHINE in runs:
        for machine, count in runs[MACHINE].value_counts().items():
            click.echo(f"  {count} of {machine}: their seconds do not compare with those of the others")


@main.command("query")
@click.argument("folder", type=PATHS)
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
def query_command(folder: Path, sql: str, as_csv: bool) -> None:
    """Ask an SQL query of a results FOLDER: tables runs, iterations and trajectories (extra: sql).

    For example: optlab query results/e "select label, count(*) from runs group by label"
    """
    from optlab import api
    from optlab.query import query
    from optlab.text_table import table

    answer = query(api.load(folder), sql)
    if as_csv:
        click.echo(answer.to_csv(index=False), nl=False)
        return
    rows = [[f"{v:.6g}" if isinstance(v, float) else str(v) for v in row] for row in answer.itertuples(index=False)]
    numbers = [str(name) for name in answer.columns if answer[name].dtype.kind in "iuf"]
    click.echo(table([str(name) for name in answer.columns], rows, right=numbers))


@main.command("worker")
@click.option("--scheduler", required=True, metavar="ADDRESS", help="For example tcp://127.0.0.1:8786.")
@click.option("--workers", type=click.IntRange(min=1), help="How many runs at the same time; one per processor.")
@click.option("--name", help="What the scheduler calls it.")
@tls_options
def worker_command(
    scheduler: str, workers: int | None, name: str | None, tls_ca: str | None, tls_cert: str | None, tls_key: str | None
) -> None:
    """Execute runs for a dask scheduler on this machine, until the scheduler is gone.

    Start the scheduler with: dask scheduler --host 127.0.0.1 --dashboard-address 127.0.0.1:8787. Whoever reaches it
    can run code here: use TLS beyond this machine.
    """
    import asyncio
    import os

    from optlab.executors.cluster import security
    from optlab.executors.there import serve

    number, safe = workers or os.cpu_count() or 1, security(tls_ca, tls_cert, tls_key)

    def ready(address: str) -> None:
        click.echo(f"worker {address}: {number} run{'s' if number > 1 else ''} at a time for {scheduler}")

    asyncio.run(serve(scheduler, number, safe, name, ready))


@main.command("schema")
@plugin_option
def schema_command(plugins: tuple[Path, ...]) -> None:
    """Print the JSON Schema of experiment files, for editors."""
    from optlab.config.schema import schema_text

    click.echo(schema_text(Catalogue(plugins)), nl=False)


@main.command("init")
@click.argument("folder", type=PATHS)
def init_command(folder: Path) -> None:
    """Write a FOLDER to begin with.

    It holds an experiment, an optimizer of your own, a schema for editors and a note.
    """
    from optlab.starter import write

    for path in write(folder):
        click.echo(f"wrote {path}")
    click.echo(f"now run: optlab run {folder / 'experiment.yaml'}")
