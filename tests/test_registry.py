"""The registry: names by scan, nearest names, plug-ins, settings checked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from optlab import InputError, registry
from optlab.core.settings import name_of, snake_case
from optlab.fingerprint import source_digest
from optlab.outline import outline
from optlab.plugins import load_plugin, looked_at_once
from optlab.registry import PACKAGES, ROOTS, Catalogue

PLUGIN = '''
from dataclasses import dataclass
import optlab

@dataclass(frozen=True)
class Mine(optlab.Optimizer):
    """My first optimizer."""
    step_size: float = 0.1

    def step(self, oracle, state):
        return state.moved(oracle, direction=-state.g, step_size=self.step_size)
'''


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text(PLUGIN)
    return path


def test_every_named_class_imports_is_a_dataclass_and_answers_to_its_name():
    catalogue = Catalogue()
    for kind in ROOTS:
        names = catalogue.names(kind)
        assert names
        for name in names:
            cls = catalogue.find(kind, name)
            assert name_of(cls) == name
            assert cls.__doc__
            assert catalogue.entry(kind, name).summary


def test_the_names_that_code_outside_relies_on():
    catalogue = Catalogue()
    optimizers = {
        "gradient_descent", "gradient_descent_decay", "gradient_descent_optimal_step", "gradient_descent_exact",
        "gradient_descent_candidates", "gradient_descent_armijo", "gradient_descent_wolfe", "newton", "newton_damped",
        "bfgs", "lbfgs", "projected_gradient", "kkt_newton",
    }  # fmt: skip
    assert optimizers <= set(catalogue.names("optimizers"))
    problems = {"quadratic", "kappa5", "rosenbrock", "saddle", "monkey_saddle", "quartic", "l2_regression", "ridge"}
    assert problems <= set(catalogue.names("problems"))
    assert {"constant", "exact", "armijo", "strong_wolfe"} <= set(catalogue.names("searches"))
    assert {"ball", "box"} <= set(catalogue.names("sets"))
    assert {"auto", "serial", "local", "dask"} == set(catalogue.names("executors"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BFGS", "bfgs"),
        ("LBFGS", "lbfgs"),
        ("KKTNewton", "kkt_newton"),
        ("L2Regression", "l2_regression"),
        ("Kappa5", "kappa5"),
    ],
)
def test_snake_case(name, expected):
    assert snake_case(name) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gradient_desent", "unknown optimizer 'gradient_desent'; did you mean 'gradient_descent'?"),
        ({"name": "gradient_descent", "stepsize": 1}, "no setting 'stepsize'; did you mean 'step_size'?"),
        ({"name": "gradient_descent", "step_size": -1}, "step_size must be > 0, given -1"),
        ({"name": "bfgs", "search": {"name": "strong_wolfe", "c2": 2.0}}, "c2 must be > 0 and < 1, given 2.0"),
        ({"name": "lbfgs", "m": 2.5}, "m must be a whole number, given 2.5"),
        ({"name": "gradient_descent", "step_size": "big"}, "step_size must be a number, given 'big'"),
        ({"name": "bfgs", "search": "strong_wolf"}, "did you mean 'strong_wolfe'?"),
        ({"step_size": 1}, "needs a name"),
    ],
)
def test_mistakes_are_named(spec, message):
    with pytest.raises(InputError) as caught:
        Catalogue().make("optimizers", spec)
    assert message in str(caught.value)


def test_inner_objects_are_built_from_names_and_mappings():
    made = Catalogue().make("optimizers", {"name": "bfgs", "search": {"name": "armijo", "c1": 1e-3}})
    assert name_of(made.search) == "armijo"
    assert made.search.c1 == 1e-3


def test_a_plugin_joins_under_its_own_name(plugin):
    catalogue = Catalogue([plugin])
    assert "mine" in catalogue.names("optimizers")
    assert catalogue.make("optimizers", {"name": "mine", "step_size": 1}).step_size == 1.0
    assert catalogue.entry("optimizers", "mine").family == "plugin"
    assert "mine" not in Catalogue().names("optimizers")


def test_a_plugin_that_clashes_is_qualified(plugin):
    plugin.write_text(PLUGIN.replace("Mine", "GradientDescent"))
    catalogue = Catalogue([plugin])
    assert catalogue.find("optimizers", "gradient_descent").__module__.startswith("optlab.")
    assert catalogue.find("optimizers", "homework:GradientDescent").__module__.startswith("optlab_plugin_")


def test_an_edited_plugin_is_read_again(plugin):
    assert Catalogue([plugin]).make("optimizers", "mine").step_size == 0.1
    plugin.write_text(PLUGIN.replace("0.1", "0.7"))
    assert Catalogue([plugin]).make("optimizers", "mine").step_size == 0.7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:\n", "homework.py:1:"),
        (PLUGIN + "\nraise RuntimeError('not today')\n", "homework.py:13 cannot be imported: RuntimeError: not today"),
        (PLUGIN.replace("@dataclass(frozen=True)\n", ""), "decorate it with @dataclass(frozen=True)"),
        (PLUGIN + PLUGIN, "two optimizers are named 'mine'"),
    ],
)
def test_bad_plugins_are_named(plugin, text, message):
    plugin.write_text(text)
    with pytest.raises(InputError) as caught:
        Catalogue([plugin]).find("optimizers", "mine")
    assert message in str(caught.value)


def test_a_missing_plugin_is_named():
    with pytest.raises(InputError, match=r"nowhere\.py does not exist"):
        Catalogue([Path("nowhere.py")])


def test_a_plugin_imports_the_module_beside_it_and_its_digest_follows(plugin):
    helper = plugin.with_name("helper_module.py")
    helper.write_text("STEP = 0.25\n")
    plugin.write_text("import helper_module\n" + PLUGIN.replace("= 0.1", "= helper_module.STEP"))
    assert Catalogue([plugin]).make("optimizers", "mine").step_size == 0.25
    before = source_digest(plugin)
    assert source_digest(plugin) == before
    helper.write_text("STEP = 0.75\n")
    assert source_digest(plugin) != before
    assert Catalogue([plugin]).make("optimizers", "mine").step_size == 0.75


def test_what_the_caller_imported_beside_a_plugin_stays_his(plugin, monkeypatch):
    import sys

    plugin.with_name("mine_too.py").write_text("STEP = 0.25\n")
    plugin.write_text("import mine_too\n" + PLUGIN.replace("= 0.1", "= mine_too.STEP"))
    monkeypatch.syspath_prepend(plugin.parent)
    import mine_too

    before = list(sys.path)
    assert Catalogue([plugin]).make("optimizers", "mine").step_size == 0.25
    assert sys.modules["mine_too"] is mine_too
    assert sys.path == before
    del sys.modules["mine_too"]


def test_a_plugin_may_extend_what_is_built_in(tmp_path):
    path = tmp_path / "plugin.py"
    path.write_text(
        "from dataclasses import dataclass\n"
        "from optlab.linesearch.constant import Constant\n"
        "from optlab.optimizers.newton.newton import Newton\n"
        "@dataclass(frozen=True)\nclass Half(Constant):\n    alpha: float = 0.5\n"
        "@dataclass(frozen=True)\nclass MyNewton(Newton):\n    pass\n"
    )
    catalogue = Catalogue([path])
    assert catalogue.make("searches", "half").alpha == 0.5
    assert catalogue.entry("optimizers", "my_newton").attributes["needs"] == ("gradient", "hessian")
    assert "my_newton" not in catalogue.names("searches")


def test_plugins_of_two_folders_each_import_their_own_neighbor(tmp_path):
    found = []
    for number, name in enumerate(("one", "two")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "neighbor_of_two.py").write_text(f"number = {number}\n")
        (folder / "plugin.py").write_text("from neighbor_of_two import number\n")
        found.append(load_plugin(folder / "plugin.py").number)
    assert found == [0, 1]


def test_a_digest_follows_the_kernels_a_method_imports():
    path = Catalogue().entry("optimizers", "lbfgs").path
    from optlab import fingerprint

    seen = fingerprint.sources(path)
    assert len(seen) >= 15
    assert {"quasi_newton.py", "optimizer.py", "descent.py", "strong_wolfe.py"} <= {p.name for p in seen}


def test_the_outline_of_every_file_has_its_classes_as_they_are():
    def described(text: str) -> object:
        tree = ast.parse(text)
        classes = [n for n in tree.body if isinstance(n, ast.ClassDef)]
        return ast.get_docstring(tree), [
            (n.name, n.lineno, [ast.dump(s) for s in (*n.bases, *n.body) if not isinstance(s, ast.FunctionDef)],
             [s.name for s in n.body if isinstance(s, ast.FunctionDef)])
            for n in classes
        ]  # fmt: skip

    for package in set(PACKAGES.values()):
        for path, *_ in registry._package_files(package):
            text = path.read_text(encoding="utf-8")
            assert described(outline(text)) == described(text), path


def test_listing_imports_neither_numpy_nor_the_classes():
    code = (
        "import sys; from optlab.registry import Catalogue; names = Catalogue().names('optimizers');"
        "assert 'bfgs' in names; heavy = {'numpy', 'pandas', 'scipy', 'pydantic', 'matplotlib'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("optimizers", "BFGS", "unknown optimizer 'BFGS'; did you mean 'bfgs'?"),
        ("optimizers", "kappa5", "unknown optimizer 'kappa5', which is a problem (see: optlab list optimizers)"),
        ("searches", "zoutendijk", "unknown line search 'zoutendijk' (searches: armijo, "),
        ("columns", "eigenvalue_min", "unknown column 'eigenvalue_min', which 'condition_number' computes"),
    ],
)
def test_a_wrong_name_is_answered_with_what_may_be_meant(kind, name, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Catalogue().entry(kind, name)


HEAD = "from dataclasses import dataclass\nimport optlab\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "@dataclass(frozen=True)\nclass Mine(optlab.Optimizer):\n    a: float = 1.0\n",
            "mine is not complete: write step",
        ),
        (
            "@dataclass(frozen=True)\nclass Mine(optlab.Optimizer):\n    def __post_init__(self): 1 / 0\n"
            "    def step(self, oracle, state): ...\n",
            "mine cannot be built: ZeroDivisionError",
        ),
        (
            "@dataclass\nclass Mine(optlab.Optimizer):\n    a: float = 1.0\n",
            "decorate the class with @dataclass(frozen=True)",
        ),
        ("exit(3)\nclass Mine(optlab.Optimizer): ...\n", "plug.py:3 cannot be imported: SystemExit: 3"),
    ],
)
def test_what_is_wrong_with_a_plugins_class_is_one_message(tmp_path, text, message):
    path = tmp_path / "plug.py"
    path.write_text(HEAD + text)
    with pytest.raises(InputError, match=re.escape(message)):
        Catalogue([path]).make("optimizers", "mine")


def test_a_plugin_is_a_python_file(tmp_path):
    (tmp_path / "e.yaml").write_text("problems: [kappa5]\n")
    with pytest.raises(InputError, match="is no Python file"):
        Catalogue([tmp_path / "e.yaml"])
    with pytest.raises(InputError, match="is no file"):
        Catalogue([tmp_path])


def test_while_plugins_are_looked_at_once_an_edit_is_not_seen_and_afterwards_it_is(tmp_path):
    file = tmp_path / "edited.py"
    file.write_text("WORD = 1\n")
    with looked_at_once():
        assert load_plugin(file).WORD == 1
        file.write_text("WORD = 2\n")
        assert load_plugin(file).WORD == 1
    assert load_plugin(file).WORD == 2
