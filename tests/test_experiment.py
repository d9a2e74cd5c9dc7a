"""The experiment file: located errors, sweeps, overrides, and what its runs are made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optlab.config.schema import json_schema
from optlab.config.text import ConfigError
from optlab.experiment import Experiment, from_dict, load
from optlab.registry import Catalogue

SMALL = """\
problems: [rosenbrock]
optimizers: [bfgs]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "e.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def errors_of(folder: Path, text: str, overrides: tuple[str, ...] = ()) -> list[str]:
    """Return "line:column: message" of every error."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    return [f"{e.where}: {e.message}".removeprefix(f"{path}:") for e in caught.value.errors]


def made(**keys: object) -> Experiment:
    return from_dict({"problems": ["rosenbrock"], "optimizers": ["bfgs"], **keys})


# --- errors ---


def test_three_mistakes_are_three_located_errors_with_carets(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "problems: [rosenbrock]\n"
        "optimizers:\n"
        "  - {name: gradient_desent, step_size: 0.1}\n"
        "  - {name: gradient_descent, step_size: -1}\n"
        "stop: {iteratons: 5}\n",
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}:3:12: unknown optimizer 'gradient_desent'; did you mean 'gradient_descent'?\n"
        "      - {name: gradient_desent, step_size: 0.1}\n"
        "               ^\n"
        f"{path}:4:41: step_size must be > 0, given -1\n"
        "      - {name: gradient_descent, step_size: -1}\n"
        "                                            ^\n"
        f"{path}:5:8: unknown key 'iteratons'; did you mean 'iterations'?\n"
        "    stop: {iteratons: 5}\n"
        "           ^"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2", "1:9: expected ',' or ']', but got 'the end of the text'"),
        ("a: b: c", "1:5: mapping values are not allowed here"),
        ("a: {x: 1, >=: 3}", "1:11: found character '>' that cannot start any token (put it in quotes)"),
        ("a: 1\n\tb: 2", "2:1: found character '\\t' that cannot start any token (indent with spaces)"),
        ("a: 1\n---\nb: 2", "2:1: a second document begins here; an experiment is one"),
        ("a: *b", "1:4: found undefined alias 'b'"),
        ("", "1:1: an experiment is a mapping with the keys problems and optimizers"),
        ("- a", "1:1: an experiment is a mapping with the keys problems and optimizers"),
    ],
)
def test_what_is_not_yaml_is_located(tmp_path: Path, text: str, expected: str) -> None:
    assert errors_of(tmp_path, text) == [expected]


def test_duplicate_keys_are_errors_and_hide_nothing(tmp_path: Path) -> None:
    text = SMALL + "seed: 0\nseed: 1\nstop: {iterations: 1, iterations: 2, seconds: x}\n"
    assert errors_of(tmp_path, text) == [
        "4:1: duplicate key 'seed', first given in line 3",
        "5:23: duplicate key 'iterations', first given in line 5",
        "5:47: seconds must be a number, given 'x'",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("seed: 1.5", "3:7: seed must be a whole number, given 1.5"),
        ("seed: true", "3:7: seed must be a whole number, given true"),
        ("seed: 1\nseeds: [1]", "1:1: the file: give seed or seeds, not both"),
        ("starts: {standard: false}", "3:9: starts: starts are empty: name standard, random, scaled or points"),
        ("starts: {points: [[1, a]]}", "3:23: points must be a number, given 'a'"),
        ("starts: {points: [[1, 2, 3]]}", "3:19: the point has 3 components, but rosenbrock has n = 2"),
        ("stop: {evaluations: {gradient: 0}}", "3:32: gradient must be >= 1, given 0"),
        ("record: {trajectory: some}", "3:22: trajectory must be one of 'all', 'none', given 'some'"),
        ("record: {trajectory: {every: 0}}", "3:30: every must be >= 1, given 0"),
        ("name: ../x", "3:7: name must be letters, digits, dots, dashes and underscores"),
        ("columns: [condition_numbr]", "3:11: unknown column 'condition_numbr'; did you mean 'condition_number'?"),
        ("plots: [{name: convergence, colour: 1}]", "3:29: convergence has no setting 'colour'"),
        ("plots: [{name: convergence, levels: {grid: [1]}}]", "3:29: convergence has no setting 'levels'"),
        ("executor: locl", "3:11: unknown executor 'locl'; did you mean 'local'?"),
        ("plugins: [nowhere.py]", "3:11: plug-in nowhere.py does not exist"),
        ("name: !!python/object/apply:os.system x", "3:7: tags are not allowed: !!python/object/apply:os.system"),
        (
            "expect: [{count: [[1]]}]",
            "3:19: count must be a single value, given [1]",
        ),
        ("optimisers: [bfgs]", "3:1: unknown key 'optimisers'; did you mean 'optimizers'?"),
        ("iterations: 5", "3:1: unknown key 'iterations'; it belongs under 'stop'"),
        ("  - x", "3:3: the indentation does not fit the lines above"),
    ],
)
def test_a_mistake_is_found_where_it_stands(tmp_path: Path, line: str, expected: str) -> None:
    (found,) = errors_of(tmp_path, SMALL + line + "\n")
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (
            "{name: gradient_descent, stepsize: 1}",
            "3:28: gradient_descent has no setting 'stepsize'; did you mean 'step_size'?",
        ),
        ("{name: gradient_descent, step_size: fast}", "3:39: step_size must be a number, given 'fast'"),
        (
            "{name: gradient_descent, step_size: {grid: []}}",
            "3:39: step_size: grid needs a list with at least one value",
        ),
        ("{name: gradient_descent, step_size: {grid: [1, 0]}}", "3:50: step_size must be > 0, given 0"),
        (
            "{name: gradient_descent, step_size: {geomspace: [1, -1, 3]}}",
            "3:39: step_size: geomspace needs two ends of the same",
        ),
        ("{name: gradient_descent, step_size: {linspace: [0, 1, 3]}}", "3:39: step_size must be > 0, given 0.0"),
        (
            "{name: gradient_descent, step_size: {logspace: [0, 1, 3]}}",
            "3:39: step_size: unknown sweep 'logspace'; did you mean 'geom",
        ),
        (
            "{name: gradient_descent, step_size: [0.1, 1]}",
            "3:39: step_size must be a number, given [0.1, 1] (to try several: step_size: {grid: […]})",
        ),
        ("{name: bfgs, search: {name: strong_wolfe, c2: 2}}", "3:49: c2 must be < 1, given 2"),
        ("{name: bfgs, search: strong_wolf}", "3:24: unknown "),
        ("{name: bfgs, search: 3}", "3:24: search must be a name or {name: …, settings}, given 3"),
        ("{name: bfgs, zip: [[a, b]]}", "3:21: zip names 'a', which is not swept (swept: none)"),
        ("{step_size: 1}", "3:3: an optimizer is a name or {name: …, settings}"),
        ("3", "3:3: an optimizer is a name or {name: …, settings}, given 3"),
    ],
)
def test_a_wrong_setting_is_found_where_it_stands(tmp_path: Path, optimizer: str, expected: str) -> None:
    (found,) = errors_of(tmp_path, f"problems: [rosenbrock]\noptimizers:\n- {optimizer}\n")
    assert found.startswith(expected)


def test_sizes_are_capped(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for old, new in zip("abcdef", "bcdefg", strict=True):
        bomb += f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    assert "too many values" in errors_of(tmp_path, bomb)[0]
    assert "nested too deeply" in errors_of(tmp_path, "a: &a [*a]")[0]
    assert "nested too deeply" in errors_of(tmp_path, "[" * 5000)[0]
    assert "larger than" in errors_of(tmp_path, "#" * 1_000_001)[0]
    assert "random must be <= 100000" in errors_of(tmp_path, SMALL + "starts: {random: 1e12}")[0]
    problems = "problems: [{name: quadratic, condition: {linspace: [1, 2, 400]}}]\n"
    optimizers = "optimizers: [{name: gradient_descent, step_size: {linspace: [1, 2, 400]}}]\n"
    assert errors_of(tmp_path, problems + optimizers) == [
        "1:1: the experiment expands to 160,000 runs; at most 100,000 are allowed"
    ]


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "nowhere.yaml")
    (tmp_path / "e.yaml").write_bytes(b"a: \xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "e.yaml")


def test_errors_of_a_dict_name_the_path_of_keys() -> None:
    with pytest.raises(ConfigError) as caught:
        made(optimizers=["bfgs", {"name": "gradient_descent", "step_size": {"grid": [1, -1]}}], stop={"seconds": 0})
    assert str(caught.value).splitlines() == [
        "stop.seconds: seconds must be > 0, given 0",
        "optimizers[1].step_size.grid[1]: step_size must be > 0, given -1",
    ]


def test_an_expectation_is_checked_before_anything_runs(tmp_path: Path) -> None:
    text = SMALL + (
        "expect:\n"
        "- {runs: {label: bgfs}, column: status, all: CONVERGD}\n"
        "- {column: iteratons, max: 3}\n"
        "- {column: optimal_step, max: 3}\n"
        "- {runs: {optimizer.serch: exact}, column: f, max: {'<': {min: staionarity}}}\n"
        "- {column: f}\n"
        "- {column: f, slope: 1}\n"
        "- {column: f, max: {'=<': 1}}\n"
    )
    assert errors_of(tmp_path, text) == [
        "8:3: expect: exactly one of all, any, first, last, min, max, median, mean, count, slope is needed "
        "(for example all: CONVERGED), given none",
        "9:3: expect: slope needs `against:`, for example against: problem.condition",
        "10:21: unknown key '=<'; did you mean '<'?",
    ]
    text = "\n".join(text.splitlines()[:-3])
    assert errors_of(tmp_path, text) == [
        "4:18: no run has label 'bgfs'; did you mean 'bfgs'?",
        "4:46: no run has status 'CONVERGD'; did you mean 'CONVERGED'?",
        "5:12: unknown column 'iteratons'; did you mean 'iterations'?",
        "6:12: column 'optimal_step' needs 'optimal_step' in columns:",
        "7:11: unknown column 'optimizer.serch'; did you mean 'optimizer.search'?",
        "7:64: unknown column 'staionarity'; did you mean 'stationarity'?",
    ]


# --- overrides ---


def test_overrides_change_the_file_and_are_located_by_argument(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL + "stop: {iterations: 9}\n")
    changed = load(path, ["stop.iterations=5", "optimizers.0={name: gradient_descent, step_size: 1e-1}", "seed=3"])
    (run,) = changed.runs()
    assert (run.stop["iterations"], run.optimizer, run.seed) == (5, {"name": "gradient_descent", "step_size": 0.1}, 3)
    wrong = ("stop.iteratons=5", "optimizers.7=bfgs", "seed", "seed=[1", "stop.seconds=-1")
    assert errors_of(tmp_path, SMALL, wrong) == [
        "argument 1: unknown key 'iteratons'; did you mean 'iterations'?",
        "argument 2: there is no '7' to set: optimizers has 1 items, counted from 0",
        "argument 3: 'seed' is not of the form key=value",
        "argument 4: expected ',' or ']', but got 'the end of the text'",
        "argument 5: seconds must be > 0, given -1",
    ]
    with pytest.raises(ConfigError) as caught:
        load(path, ["stop.seconds=-1"])
    assert str(caught.value) == ("argument 1: seconds must be > 0, given -1\n    stop.seconds=-1\n                 ^")


# --- runs ---


def test_sweeps_multiply_and_label_what_they_vary() -> None:
    experiment = made(
        problems=[{"name": "quadratic", "n": {"geomspace": [2, 200, 3]}, "condition": {"grid": [1, 10]}}],
        optimizers=[
            {"name": "gradient_descent", "step_size": {"geomspace": [1e-3, 1, 4]}, "label": "GD"},
            {"name": "bfgs", "search": {"name": "strong_wolfe", "c2": {"linspace": [0.1, 0.9, 3]}}},
        ],
        starts={"standard": True, "random": 2, "scaled": [10]},
        seeds=[0, 1],
    )
    runs = experiment.runs()
    assert len(runs) == 6 * 7 * 4 * 2
    assert list(dict.fromkeys(r.label for r in runs)) == [
        "GD step_size=0.001", "GD step_size=0.01", "GD step_size=0.1", "GD step_size=1",
        "bfgs search.c2=0.1", "bfgs search.c2=0.5", "bfgs search.c2=0.9",
    ]  # fmt: skip
    assert {r.optimizer.get("step_size") for r in runs} == {0.001, 0.01, 0.1, 1.0, None}
    assert {(r.problem["n"], r.problem["condition"]) for r in runs} == {
        (n, c) for n in (2, 20, 200) for c in (1.0, 10.0)
    }
    assert list(dict.fromkeys(r.start_label for r in runs)) == ["standard", "random 0", "random 1", "scaled 10"]


def test_swept_values_are_the_ones_a_person_would_name() -> None:
    def swept(kind: str, name: str, sweep: dict[str, list[float]]) -> list[float]:
        other = "problems" if kind == "optimizers" else "optimizers"
        base = {"problems": "quadratic", "optimizers": "gradient_descent"}
        runs = made(**{other: [base[other]], kind: [{"name": base[kind], name: sweep}]}).runs()
        return [(r.problem if kind == "problems" else r.optimizer)[name] for r in runs]

    assert swept("optimizers", "step_size", {"linspace": [0.1, 0.7, 7]}) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert swept("optimizers", "step_size", {"geomspace": [1e-6, 1, 7]}) == [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0]
    assert swept("optimizers", "step_size", {"geomspace": [2, 8, 1]}) == [2.0]
    assert swept("problems", "n", {"geomspace": [2, 200, 4]}) == [2, 9, 43, 200]
    assert swept("problems", "n", {"geomspace": [2, 3, 5]}) == [2, 3]


def test_labels_of_close_values_differ() -> None:
    steps = [0.1, 0.1 + 1e-9]
    runs = made(optimizers=[{"name": "gradient_descent", "step_size": {"grid": steps}}]).runs()
    assert [float(r.label.split("=")[1]) for r in runs] == steps
    (twice,) = made(optimizers=[{"name": "gradient_descent", "step_size": {"grid": [0.1, 0.1]}}]).runs()
    assert twice.label == "gradient_descent step_size=0.1"


def test_zip_pairs_sweeps_and_refuses_different_lengths(tmp_path: Path) -> None:
    problem = {"name": "quadratic", "n": {"grid": [2, 3]}, "condition": {"grid": [10, 20]}, "seed": {"grid": [0, 1]}}
    runs = made(problems=[{**problem, "zip": [["n", "condition"]]}]).runs()
    assert [(r.problem["n"], r.problem["condition"], r.problem["seed"]) for r in runs] == [
        (2, 10.0, 0), (2, 10.0, 1), (3, 20.0, 0), (3, 20.0, 1),
    ]  # fmt: skip
    item = "{name: quadratic, n: {grid: [2, 3]}, condition: {grid: [1]}, zip: [n, condition]}"
    text = f"problems: [{item}]\noptimizers: [bfgs]\n"
    assert errors_of(tmp_path, text) == ["1:78: zip needs sweeps of one length, given n: 2, condition: 1"]


def test_a_run_is_json_and_equal_settings_give_equal_specs() -> None:
    def spec(**settings: object) -> str:
        (run,) = made(optimizers=[{"name": "gradient_descent", **settings}]).runs()
        return json.dumps(run.spec())

    assert spec(step_size=1) == spec(step_size=1.0) != spec(step_size=2)
    assert spec() == spec(step_size=0.01)
    (run,) = made(optimizers=[{"name": "bfgs", "search": "strong_wolfe"}], columns=["condition_number"]).runs()
    (plain,) = made(columns=[{"name": "condition_number"}]).runs()
    assert run.spec() == plain.spec()
    assert run.spec()["optimizer"]["search"]["name"] == "strong_wolfe"
    assert list(run.spec()) == sorted(run.spec())
    assert run.optimizer == {"name": "bfgs", "search": {"name": "strong_wolfe"}}


def test_repeated_runs_are_merged_or_refused(tmp_path: Path) -> None:
    assert (
        len(made(problems=["rosenbrock", {"name": "rosenbrock"}], optimizers=["bfgs", "bfgs"], seeds=[1, 1]).runs())
        == 1
    )
    text = "problems: [rosenbrock]\noptimizers:\n- bfgs\n- {name: bfgs, search: exact}\n- {name: bfgs, label: B}\n"
    assert errors_of(tmp_path, text) == [
        "4:3: two optimizers are labeled 'bfgs'; give this one a label of its own",
        "5:3: 'B' repeats 'bfgs': the same method with the same settings",
    ]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("all", "all"),
        ("none", "none"),
        ({"every": 10}, {"every": 10}),
        ({"geometric": 1e1}, {"geometric": 10}),
        ("every: 10", {"every": 10}),
        ("geometric 5", {"geometric": 5}),
    ],
)
def test_trajectory_notations(given: object, meant: object) -> None:
    assert made(record={"trajectory": given}).runs()[0].record == {"trajectory": meant}


def test_starts_are_standard_unless_another_kind_is_named() -> None:
    def kinds(**starts: object) -> list[str]:
        return [r.start["kind"] for r in made(starts=starts).runs()]

    assert kinds() == ["standard"]
    assert kinds(random=2, radius=0.5) == ["random", "random"]
    assert kinds(standard=True, points=[[1, 2]]) == ["standard", "point"]
    assert made(starts={"points": [[1, 2]]}).runs()[0].start_label == "point [1, 2]"


def test_numbers_are_yaml_1_2(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "problems: [rosenbrock]\nstop: {iterations: 1e2}\n"
        "optimizers: [{name: gradient_descent, step_size: 1e-3, label: no}]\n",
    )
    (run,) = load(path).runs()
    assert (run.optimizer["step_size"], run.label, run.stop["iterations"]) == (0.001, "no", 100)


def test_plugins_are_relative_to_the_file_and_come_from_the_command_line_too(tmp_path: Path) -> None:
    for name in ("Mine", "Yours"):
        (tmp_path / f"{name.lower()}.py").write_text(
            "from dataclasses import dataclass\nimport optlab\n@dataclass(frozen=True)\n"
            f"class {name}(optlab.Optimizer):\n    '''A plug-in.'''\n    step_size: float = 0.1\n"
            "    def step(self, oracle, state):\n"
            "        return state.moved(oracle, direction=-state.g, step_size=self.step_size)\n"
        )
    path = write(
        tmp_path, "plugins: [mine.py]\nproblems: [rosenbrock]\noptimizers: [{name: mine, step_size: 1}, yours]\n"
    )
    experiment = load(path, plugins=[tmp_path / "yours.py"])
    assert [r.label for r in experiment.runs()] == ["mine", "yours"]
    assert [p.name for p in experiment.plugins] == ["mine.py", "yours.py"]


def test_the_resolved_file_loads_again_with_the_same_runs(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("")
    path = write(
        tmp_path, SMALL + "plugins: [p.py]\nstop: {stationarity: 1.0e-6}\nexpect: [{column: f, max: {'<=': 1}}]\n"
    )
    experiment = load(path, ["seeds=[1, 2]"])
    elsewhere = tmp_path / "a" / "b"
    elsewhere.mkdir(parents=True)
    (elsewhere / "experiment.yaml").write_text(experiment.to_yaml(elsewhere))
    again = load(elsewhere / "experiment.yaml")
    assert again.name == "e"
    assert [r.spec() for r in again.runs()] == [r.spec() for r in experiment.runs()]
    assert (again.plugins, again.expect) == (experiment.plugins, experiment.expect)


def test_the_json_schema_knows_every_name_and_its_ranges() -> None:
    schema = json.loads(json.dumps(json_schema(Catalogue()), allow_nan=False))
    names, items = schema["$defs"]["optimizers"]["anyOf"]
    assert "gradient_descent" in names["enum"]
    (descent,) = [i for i in items["oneOf"] if i["properties"]["name"]["const"] == "gradient_descent"]
    assert descent["properties"]["step_size"]["anyOf"][0]["exclusiveMinimum"] == 0
    assert descent["additionalProperties"] is False
    assert schema["$defs"]["StopRules"]["properties"]["iterations"]["minimum"] == 0
    assert {"<", "<=", "near"} <= set(schema["$defs"]["Comparison"]["properties"])
