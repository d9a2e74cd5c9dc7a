"""Foreign solvers: the same iterates as without us, equal budgets and statuses, and no thread left behind."""

from __future__ import annotations

import _thread
import contextvars
import gc
import pickle
import signal
import threading
import time
import warnings

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize

import optlab
from optlab import fingerprint
from optlab.checks.check_optimizer import check_optimizer
from optlab.checks.optimizer_case import SHORT, OptimizerCase, prints
from optlab.core.driver import Loop, iterate, run
from optlab.core.foreign import Ending, ForeignOptimizer
from optlab.core.handover import ClosedError, Ended, Turns
from optlab.core.status import Halt, InputError, Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.execution import Keys
from optlab.experiment import from_dict
from optlab.optimizers.foreign.foreign import Foreign
from optlab.registry import Catalogue

CATALOGUE = Catalogue()
METHODS = {
    "scipy_cg": "CG", "scipy_bfgs": "BFGS", "scipy_lbfgsb": "L-BFGS-B", "scipy_newton_cg": "Newton-CG",
    "scipy_tnc": "TNC", "scipy_slsqp": "SLSQP", "scipy_trust_exact": "trust-exact", "scipy_trust_ncg": "trust-ncg",
    "scipy_trust_krylov": "trust-krylov", "scipy_dogleg": "dogleg", "scipy_trust_constr": "trust-constr",
    "scipy_nelder_mead": "Nelder-Mead", "scipy_powell": "Powell", "scipy_cobyla": "COBYLA", "scipy_cobyqa": "COBYQA",
}  # fmt: skip
LEAST_SQUARES = ("scipy_least_squares_lm", "scipy_least_squares_trf", "scipy_least_squares_dogbox")
PACKAGED = {"nlopt": "nlopt", "ipopt": "casadi", "optimistix": "optimistix"}


def solvers():
    """The threads of foreign solvers; other tests of a process may leave some of other kinds."""
    return [thread for thread in threading.enumerate() if thread.name == "optlab foreign solver"]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(solvers())
    yield
    assert set(solvers()) <= before


def f(x):
    a, b = x.tolist()
    return 100 * (b - a * a) ** 2 + (1 - a) ** 2


def g(x):
    a, b = x.tolist()
    return np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])


def H(x):
    a, b = x.tolist()
    return np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])


def rosenbrock(value=f, **more):
    return Problem(value, gradient=g, hessian=H, start=[-1.2, 1.0], **more)


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


def make(name, **settings):
    return CATALOGUE.make("optimizers", {"name": name, **settings})


# --- the same solver, with and without us -------------------------------------------------------


def test_every_method_of_minimize_and_least_squares_is_there():
    names = {name for name in CATALOGUE.names("optimizers") if name.startswith("scipy_")}
    assert names == {*METHODS, *LEAST_SQUARES}
    assert {make(name).method for name in METHODS} == set(METHODS.values())
    documented = scipy.optimize.minimize.__doc__
    assert all(f"'{method}'" in documented for method in METHODS.values())


SHOWN = sorted(set(METHODS) - {"scipy_slsqp", "scipy_trust_constr"})


@pytest.mark.parametrize("name", SHOWN)
def test_iterates_and_counts_are_scipys_own(name):
    seen, points = [], {"f": set(), "g": set()}  # some ask about a point twice, and are answered for one

    def value(x):
        points["f"].add(x.tobytes())
        return f(x)

    def gradient(x):
        points["g"].add(x.tobytes())
        return g(x)

    def callback(x):
        seen.append((x.copy(), len(points["f"]), len(points["g"])))

    steps, method = 8, make(name)
    limit = {"maxfun" if name == "scipy_tnc" else "maxiter": 60}
    given = {"jac": gradient} if "derivative_free" not in method.properties else {}
    given |= {"hess": H} if "hessian" in method.needs else {}
    given |= {"hessp": lambda x, p: H(x) @ p} if "hvp" in method.needs else {}
    with np.errstate(all="ignore"):
        scipy.optimize.minimize(value, [-1.2, 1.0], method=method.method, callback=callback,
                                options={**vars(method), **limit}, **given)  # fmt: skip
    _, trace = go(rosenbrock(), method, Iterations(steps))
    x, n_f, n_g = (np.array(column) for column in zip(*seen, strict=False))
    np.testing.assert_array_equal(trace.points[1 : 1 + steps], x[:steps])
    np.testing.assert_array_equal(trace.scalars["n_f"][1:], n_f[:steps])
    if "derivative_free" in method.properties:
        n_g = np.zeros(steps)
    later = trace.scalars["n_gradient"][1:] - n_g[:steps]
    assert set(later) <= {0, 1}  # of the iterate itself, where SciPy asks for it after the callback


def test_slsqps_iterates_are_where_it_asks_for_the_gradient():
    asked = []

    def gradient(x):
        asked.append(x.copy())
        return g(x)

    scipy.optimize.minimize(f, [-1.2, 1.0], jac=gradient, method="SLSQP", options={"ftol": 0.0, "maxiter": 9})
    _, trace = go(rosenbrock(), make("scipy_slsqp"), Iterations(8))
    np.testing.assert_array_equal(trace.points, asked[:9])
    assert np.all(np.diff(trace.scalars["f"]) < 0)


def test_trust_constrs_first_call_is_about_the_start_and_no_iterate():
    seen = []
    options = {**vars(make("scipy_trust_constr")), "maxiter": 9}
    scipy.optimize.minimize(
        f, [-1.2, 1.0], jac=g, method="trust-constr", callback=lambda x, state: seen.append(x.copy()), options=options
    )
    _, trace = go(rosenbrock(), make("scipy_trust_constr"), Iterations(8))
    np.testing.assert_array_equal(trace.points, seen[:9])


def test_settings_reach_the_solver():
    few = go(rosenbrock(), make("scipy_lbfgsb", maxcor=1))[1]
    many = go(rosenbrock(), make("scipy_lbfgsb", maxcor=20))[1]
    assert few.status is many.status is Status.CONVERGED
    assert not np.array_equal(few.points[5], many.points[5])
    with pytest.raises(InputError, match=r"scipy_bfgs: c1 must be > 0"):
        make("scipy_bfgs", c1=-1.0)


@pytest.mark.parametrize("name", LEAST_SQUARES)
def test_least_squares_pays_for_residuals_and_jacobians_only(name):
    def r(x):
        return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])

    def J(x):
        return np.array([[-20 * x[0], 10.0], [-1.0, 0.0]])

    made = {"r": [], "J": []}
    problem = rosenbrock(
        residuals=lambda x: (made["r"].append(x.tobytes()), r(x))[1],
        jacobian=lambda x: (made["J"].append(x.tobytes()), J(x))[1],
    )
    problem.square_factor, problem.known, problem.lacks("jacobian")  # not counted
    made["r"].clear()
    loop, trace = go(problem, make(name))
    assert trace.status is Status.CONVERGED
    assert loop.oracle.n_f == len(made["r"]) == len(set(made["r"]))
    assert loop.oracle.n_jacobian == len(made["J"]) == len(set(made["J"])) == len(trace)
    assert loop.oracle.n_gradient == 0
    np.testing.assert_allclose(trace.scalars["f"], [f(x) for x in trace.points], rtol=1e-12, atol=1e-30)


# --- budgets, counts, statuses ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bfgs", *METHODS])
def test_budgets_are_equal_for_ours_and_theirs(name):
    calls = []
    loop, trace = go(rosenbrock(lambda x: (calls.append(x.tobytes()), f(x))[1]), make(name), Evaluations(f=17))
    assert trace.status is Status.MAX_EVALUATIONS
    assert loop.oracle.n_f == len(calls) == 17
    assert len(set(calls)) == 17  # none twice


def test_a_method_without_derivatives_is_judged_by_gradients_that_do_not_count():
    loop, trace = go(rosenbrock(), make("scipy_nelder_mead"), Stationary() | Evaluations(f=1000, gradient=1))
    assert trace.status is Status.CONVERGED
    assert loop.oracle.n_gradient == 0
    np.testing.assert_allclose(loop.state.g, g(loop.state.x))


def test_what_the_solver_claims_stands_beside_what_we_verified():
    def liar(fun, x0):
        return scipy.optimize.OptimizeResult(x=x0 + 0.1, success=True, message="I am there")

    loop, trace = go(rosenbrock(), Foreign(liar))
    assert trace.status is Status.STALLED
    assert trace.claimed is Status.CONVERGED
    assert "I am there" in trace.message
    assert "short of the tolerance" in trace.message
    np.testing.assert_allclose(loop.state.x, [-1.1, 1.1])  # what it returned is its last iterate
    assert loop.k == 1


def test_a_solver_that_ends_at_the_solution_has_converged_by_our_check():
    def oracle_of_delphi(fun, x0):
        return np.ones(2)

    _, trace = go(rosenbrock(), Foreign(oracle_of_delphi))
    assert trace.status is trace.claimed is Status.CONVERGED


def test_their_end_in_our_words():
    kink = Problem(lambda x: abs(float(x[0]) - 0.3), gradient=lambda x: np.sign(x - 0.3), start=[1.0])
    _, trace = go(kink, make("scipy_bfgs"))
    assert trace.status is Status.LINESEARCH_FAILED
    assert "precision loss" in trace.message
    _, trace = go(rosenbrock(), make("scipy_dogleg"), start=[0.0, 1.0])  # an indefinite Hessian
    assert trace.status is Status.SINGULAR_KKT


def test_a_value_that_is_not_finite_is_no_error_of_theirs():
    barrier = Problem(lambda x: float(np.sum(x - np.log(x))), gradient=lambda x: 1 - 1 / x, start=[0.05, 12.0])

    def fragile(fun, x0, jac):
        scipy.linalg.solve(np.eye(2), jac(-x0) * fun(-x0))  # LAPACK's gate raises

    _, trace = go(barrier, Foreign(fragile))
    assert trace.status is Status.NONFINITE
    assert "ValueError: array must not contain infs or NaNs" in trace.message
    _, trace = go(barrier, make("scipy_lbfgsb"))
    assert trace.status is Status.NONFINITE
    assert "ABNORMAL" in trace.message


def test_one_yaml_compares_ours_with_theirs(tmp_path):
    experiment = {
        "name": "both", "problems": ["rosenbrock"], "stop": {"stationarity": 1e-6, "evaluations": {"f": 300}},
        "optimizers": ["bfgs", "scipy_bfgs", {"name": "foreign", "options": {"method": "CG"}}],
    }  # fmt: skip
    results = optlab.run(experiment, folder=tmp_path / "both", progress=False, executor="serial")
    runs = results.runs.set_index("optimizer")
    assert (runs.status == "CONVERGED").all()
    assert (runs.claimed_status == "CONVERGED").all()
    assert (runs.n_f <= 300).all()
    assert (runs.n_f == runs.n_gradient).all()


# --- constraints --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scipy_slsqp", "scipy_trust_constr", "scipy_cobyla", "scipy_cobyqa"])
def test_constraints_reach_the_solver_with_their_signs(name):
    """min x₀ + x₁ on x₀² + x₁² ≤ 2, x₁ ≥ −0.5, and 3x₀ + x₂ = 1."""
    problem = Problem(
        lambda x: float(x[0] + x[1] + x[2] ** 2), gradient=lambda x: np.array([1.0, 1.0, 2 * x[2]]),
        start=[0.5, 0.5, 0.0], inequality=lambda x: x[0] ** 2 + x[1] ** 2 - 2, bounds=([-9, -0.5, -9], 9),
        linear_equality=([[3.0, 0.0, 1.0]], [1.0]),
    )  # fmt: skip
    loop, trace = go(problem, make(name), Stationary(rtol=1e-5) | Iterations(300))
    assert trace.status is Status.CONVERGED, trace.message
    np.testing.assert_allclose(loop.state.x, [5 / 18, -0.5, 1 / 6], atol=1e-3)
    assert loop.oracle.n_constraint > 0
    assert (loop.oracle.n_jacobian > 0) == ("derivative_free" not in make(name).properties)


@pytest.mark.parametrize("name", ["scipy_lbfgsb", "scipy_tnc", "scipy_powell", "scipy_nelder_mead", "scipy_slsqp"])
def test_bounds_are_kept_from_the_projected_start(name):
    loop, trace = go(
        rosenbrock(bounds=([-2.0, -2.0], [0.5, 2.0])),
        make(name),
        Stationary(rtol=1e-6) | Iterations(500),
        start=[3, -7],
    )
    if "derivative_free" not in make(name).properties:  # the others are caught in a corner
        assert trace.status is Status.CONVERGED
        np.testing.assert_allclose(loop.state.x, [0.5, 0.25], atol=1e-4)
    assert np.all((trace.points >= -2.0) & (trace.points <= [0.5, 2.0]))


def test_what_a_method_does_not_handle_is_skipped():
    assert go(rosenbrock(bounds=(-1, 1)), make("scipy_bfgs"))[1].status is Status.SKIPPED


# --- any callable -------------------------------------------------------------------------------


def descend(fun, x0, jac, rate=1e-3):
    for _ in range(9_000):
        x0 = x0 - rate * jac(x0)
    return x0


def test_a_solver_of_ones_own_shows_the_points_of_its_gradients():
    ours = go(rosenbrock(), make("gradient_descent", step_size=1e-3), Iterations(50))[1]
    theirs = go(rosenbrock(), Foreign(descend), Iterations(50))[1]
    np.testing.assert_array_equal(theirs.points, ours.points)
    np.testing.assert_array_equal(theirs.scalars["n_gradient"], ours.scalars["n_gradient"])
    loop, _ = go(rosenbrock(), Foreign(descend, {"rate": 2e-3}))
    assert loop.k > 8_900  # f rises by rounding at the others
    assert loop.state.f < 1e-6


def test_optlab_foreign_is_public():
    result = optlab.minimize("kappa5", optlab.Foreign(lambda fun, x0, jac: x0 - jac(x0) / 5))
    assert result.iterations == 1
    assert issubclass(optlab.Foreign, optlab.ForeignOptimizer)


def test_arguments_follow_the_signature():
    given = {}

    def takes(fun, x0, jac=None, bounds=None, callback=None, tol=0.0):
        given.update(jac=jac, bounds=bounds, callback=callback, tol=tol)
        callback(x0 + 1)
        callback(x0 + 2)
        return {"x": x0 + 2}

    solver = Foreign(takes, {"tol": 1e-9})
    assert solver.handles == ("bounds",)
    assert solver.properties == ("foreign",)
    loop, _ = go(rosenbrock(bounds=(-3, 5)), solver)
    assert given["bounds"] == [(-3.0, 5.0), (-3.0, 5.0)]
    assert given["tol"] == 1e-9
    assert loop.k == 2
    assert Foreign(lambda fun, x0: x0).properties == ("foreign", "derivative_free")
    assert Foreign(takes, gives=("jac", "hess", "hessp")).needs == ("gradient", "hessian", "hvp")
    with pytest.raises(InputError, match=r"'jaq'; did you mean 'jac'"):
        Foreign(takes, gives=("jaq",)).needs


def test_a_solver_named_in_text():
    assert go(rosenbrock(), make("foreign", solver="scipy.optimize:fmin_bfgs", gives=[], options={"disp": 0}))[0].k > 9
    with pytest.raises(InputError, match=r"package\.module:function"):
        make("foreign", solver="nowhere:nothing").needs


def test_a_solver_that_returns_nonsense():
    _, trace = go(rosenbrock(), Foreign(lambda fun, x0: "there"))
    assert trace.status is Status.ERROR
    assert "must return a point" in trace.message


def test_answers_may_be_overwritten():
    def careless(fun, x0, jac):
        for _ in range(5):
            slope = jac(x0)
            slope *= -1e-3
            x0 += slope
        return x0

    ours = go(rosenbrock(), make("gradient_descent", step_size=1e-3), Iterations(5))[1]
    np.testing.assert_allclose(go(rosenbrock(), Foreign(careless))[1].points, ours.points, rtol=1e-14)


@pytest.mark.timeout(30)
def test_a_solver_that_goes_round_in_circles_is_noticed():
    def deaf(fun, x0, jac):
        while True:
            jac(x0)

    def blind(fun, x0, callback):
        k = 0
        while True:
            k += 1
            fun(x0 + 1 / k)

    assert go(rosenbrock(), Foreign(deaf), Stationary())[1].status is Status.STALLED
    loop, trace = go(rosenbrock(), Foreign(blind), Stationary())
    assert trace.status is Status.STALLED
    assert loop.k == 200


# --- the hand-over ------------------------------------------------------------------------------


def test_exceptions_in_f_keep_their_traceback_and_cannot_be_swallowed():
    left = iter(range(5))

    def failing(x):
        if next(left, None) is None:
            raise ZeroDivisionError("in my f")
        return f(x)

    def swallows(fun, x0):
        for k in range(100):
            try:
                fun(x0 + 1 / (k + 1))
            except Exception:
                continue
        return x0

    loop, trace = go(rosenbrock(failing), Foreign(swallows))
    assert trace.status is Status.ERROR
    assert "ZeroDivisionError: in my f" in trace.message
    assert "in failing" in trace.traceback
    assert loop.oracle.n_f == 6


def test_exceptions_of_the_solver_keep_their_traceback():
    def broken(fun, x0):
        return np.zeros(2)[3]

    _, trace = go(rosenbrock(), Foreign(broken))
    assert trace.status is Status.ERROR
    assert "IndexError" in trace.message
    assert "in broken" in trace.traceback


def test_exit_in_a_solver_ends_its_run_and_no_other():
    def leaves(fun, x0):
        raise SystemExit(3)

    assert go(rosenbrock(), Foreign(leaves))[1].status is Status.ERROR


def test_f_runs_where_the_caller_is_and_the_solver_with_the_callers_context():
    color = contextvars.ContextVar("color", default="none")
    color.set("red")
    seen = {}

    def value(x):
        seen["f"] = (threading.current_thread(), color.get(), np.geterr()["over"])
        return f(x)

    def solver(fun, x0):
        seen["solver"] = (color.get(), np.geterr()["over"])
        fun(x0 + 1)
        return x0

    with np.errstate(over="raise"):
        go(rosenbrock(value), Foreign(solver))
        assert np.geterr()["over"] == "raise"
    assert seen["f"] == (threading.main_thread(), "red", "ignore")
    assert seen["solver"] == ("red", "ignore")


def test_a_run_that_is_given_up_ends_its_thread():
    records = []
    for record in iterate(rosenbrock(), make("scipy_bfgs"), stop=Iterations(20)):
        records.append(record)
        if record.k == 3:
            break
    gc.collect()
    assert not solvers()  # though the records are still there


def test_a_loop_that_nobody_finishes_ends_its_thread_when_it_is_forgotten():
    loop = Loop(rosenbrock(), make("scipy_bfgs"))
    steps = iter(loop)
    next(steps), next(steps)
    assert len(solvers()) == 1
    del loop, steps
    gc.collect()
    assert not solvers()


@pytest.mark.parametrize("where", ["f", "callback"])
def test_ctrl_c_arrives_and_leaves_no_thread(where):
    def value(x):
        if where == "f" and len(seen) == 3:
            raise KeyboardInterrupt
        return f(x)

    def callback(record):
        seen.append(record.k)
        if where == "callback" and record.k == 3:
            raise KeyboardInterrupt

    seen = []
    with pytest.raises(KeyboardInterrupt) as caught:
        optlab.minimize(rosenbrock(value), "scipy_bfgs", callback=callback)
    assert not solvers()  # though the traceback is still there
    assert seen
    del caught


def test_ctrl_c_while_the_solver_itself_is_busy():
    def busy(fun, x0):
        fun(x0 + 1)
        _thread.interrupt_main()
        for _ in range(100):
            time.sleep(0.005)
        fun(x0 + 2)  # the end: nobody answers
        return x0

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell may have turned it off
    try:
        with pytest.raises(KeyboardInterrupt):
            go(rosenbrock(), Foreign(busy))
    finally:
        signal.signal(signal.SIGINT, before)
    for thread in solvers():
        thread.join(5)


def test_a_solver_that_catches_even_its_end_is_put_to_sleep(monkeypatch):
    class Alarm:
        def wait(self):
            asleep.append(threading.current_thread())

    def stubborn(fun, x0):
        while not asleep:
            try:
                fun(x0 + np.random.default_rng().normal(size=2))
            except BaseException:
                continue

    asleep = []
    monkeypatch.setattr("optlab.core.handover.Event", Alarm)
    assert go(rosenbrock(), Foreign(stubborn), Evaluations(f=20))[1].status is Status.MAX_EVALUATIONS
    assert len(asleep) == 1


def test_warnings_of_a_quiet_solver_do_not_get_out_and_the_filters_stay():
    before = list(warnings.filters)
    line = Problem(lambda x: float(x.sum()), gradient=np.ones_like, start=[1.0, 2.0], bounds=(0, 3))
    _, trace = go(line, make("scipy_trust_constr"), Stationary() | Iterations(100))  # warns that delta_grad = 0
    assert trace.status is not Status.ERROR
    assert warnings.filters == before


def test_a_pickled_record_is_of_a_run_that_cannot_go_on():
    records = list(iterate(rosenbrock(), make("scipy_bfgs"), stop=Iterations(5)))
    copy = pickle.loads(pickle.dumps(records[3]))
    np.testing.assert_array_equal(copy.x, records[3].x)
    for record in (copy, records[3]):
        rest = list(iterate(rosenbrock(), make("scipy_bfgs"), resume=record))
        assert rest[-1].status is Status.ERROR
        assert "cannot be resumed" in rest[-1].message


@pytest.mark.parametrize("name", ["scipy_bfgs", "scipy_lbfgsb", "scipy_tnc", "scipy_least_squares_lm"])
def test_interleaved_runs_are_equal_to_single_ones(name):
    case = OptimizerCase(make(name))
    problem = next(iter(case.probes.values()))
    alone = prints(case.records(problem))
    runs = [iterate(problem, make(name), stop=SHORT) for _ in range(2)]
    together = list(zip(*runs, strict=True))
    assert prints([a for a, _ in together]) == prints([b for _, b in together]) == alone


def test_a_second_cobyqa_is_refused_where_it_would_wait_for_ever():
    first = iterate(rosenbrock(), make("scipy_cobyqa"), stop=Iterations(9))
    next(first), next(first)
    _, trace = go(rosenbrock(), make("scipy_cobyqa"), Iterations(9))
    assert trace.status is Status.ERROR
    assert "one COBYQA at a time" in trace.message
    assert len(list(first)) == 8
    assert go(rosenbrock(), make("scipy_cobyqa"), Iterations(9))[1].status is Status.MAX_ITERATIONS


def test_halt_in_a_solver_is_its_verdict():
    class Unbounded(ForeignOptimizer):
        def solve(self, oracle, x0, emit):
            emit(x0 + 1)
            raise Halt(Status.UNBOUNDED, "I saw it")

    loop, trace = go(rosenbrock(), Unbounded())
    assert trace.status is Status.UNBOUNDED
    assert loop.k == 1


def test_an_ending_may_be_left_out():
    class Silent(ForeignOptimizer):
        def solve(self, oracle, x0, emit):
            emit(oracle.gradient(x0) * 0)

    class Loud(ForeignOptimizer):
        def solve(self, oracle, x0, emit):
            return Ending(message="enough", status=Status.DIVERGED)

    assert go(rosenbrock(), Silent())[0].k == 1
    assert go(rosenbrock(), Loud())[1].status is Status.DIVERGED


def test_turns_answer_end_and_close():
    def count(ask):
        return ask(1) + ask(2)

    turns = Turns(count)
    assert [turns.resume(), turns.resume(10)] == [1, 2]
    end = turns.resume(20)
    assert isinstance(end, Ended)
    assert end.result == 30
    assert turns.over

    closed = []

    def waits(ask):
        try:
            ask("?")
        except ClosedError:
            closed.append(True)
            raise

    turns = Turns(waits)
    assert turns.resume() == "?"
    turns.close()
    assert closed == [True]
    with pytest.raises(RuntimeError, match="closed"):
        turns.resume()
    Turns(waits).close()  # never begun

    turns = Turns(waits)
    turns.resume()
    del turns  # forgotten
    gc.collect()
    assert closed == [True, True]


# --- packages that may be missing ---------------------------------------------------------------


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("optlab.core.foreign.find_spec", lambda name: None)
    for name, extra in (("nlopt_lbfgs", "solvers"), ("ipopt", "solvers"), ("optimistix_bfgs", "jax")):
        _, trace = go(rosenbrock(), make(name))
        assert trace.status is Status.SKIPPED
        assert f'pip install "optlab[{extra}]"' in trace.message
        with pytest.raises(InputError, match="pip install"):
            optlab.minimize(rosenbrock(), name)
    report = check_optimizer(make("nlopt_lbfgs"))
    assert report.passed
    assert all(check.skipped for check in report.checks if check.name == "fits a probe")


def test_a_run_depends_on_the_package_it_needs(monkeypatch):
    spec = {"problems": ["kappa5"], "optimizers": ["nlopt_lbfgs", "bfgs"]}
    foreign, ours = from_dict(spec).runs()
    before = [Keys(()).of(run) for run in (foreign, ours)]
    known = fingerprint.versions
    monkeypatch.setattr("optlab.execution.versions", lambda *more: known() | dict.fromkeys(more, "another version"))
    after = [Keys(()).of(run) for run in (foreign, ours)]
    assert after[0] != before[0]
    assert after[1] == before[1]


@pytest.mark.parametrize("name", [n for n in CATALOGUE.names("optimizers") if n.split("_")[0] in PACKAGED])
def test_packaged_solvers_solve_rosenbrock(name):
    pytest.importorskip(PACKAGED[name.split("_")[0]])
    calls = []
    loop, trace = go(
        rosenbrock(lambda x: (calls.append(x.tobytes()), f(x))[1]), make(name), Stationary(rtol=1e-2) | Iterations(3000)
    )
    assert trace.status is Status.CONVERGED
    assert loop.oracle.n_f == len(calls) == len(set(calls))


@pytest.mark.parametrize("name", ["ipopt", "ipopt_lbfgs", "nlopt_slsqp", "nlopt_mma", "nlopt_ccsaq", "nlopt_cobyla"])
def test_packaged_solvers_take_constraints(name):
    pytest.importorskip(PACKAGED[name.split("_")[0]])
    problem = Problem(
        lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, start=[-1.2, 1.0],
        inequality=lambda x: x[0] ** 2 + x[1] ** 2 - 1, bounds=(-2, [0.5, 2.0]),
    )  # fmt: skip
    loop, trace = go(problem, make(name), Stationary(rtol=1e-4) | Iterations(2000))
    assert trace.status is Status.CONVERGED, trace.message
    np.testing.assert_allclose(loop.state.x, [0.5, 0.25], atol=1e-2)


@pytest.mark.parametrize("name", ["nlopt_lbfgs", "nlopt_var2", "nlopt_tnewton"])
def test_nlopts_failures_have_a_status(name):
    pytest.importorskip("nlopt")
    _, trace = go(optlab.problem("brown_dennis"), make(name))
    assert trace.status is Status.LINESEARCH_FAILED, trace.traceback
    assert f"{name} ended by itself" in trace.message


def test_ipopt_restores_feasibility_without_the_curvature_of_f():
    pytest.importorskip("casadi")
    nowhere = Problem(
        lambda x: x[0] ** 2 + 2 * x[1] ** 2, start=[1.0, 1.0], inequality=lambda x: x[0] ** 2 + x[1] ** 2 + 1.0
    )
    assert go(nowhere, make("ipopt"))[1].status is Status.INFEASIBLE


def test_a_solver_that_draws_numbers_repeats_itself_by_seed():
    pytest.importorskip("nlopt", reason="the extra 'solvers' is not installed")
    first, again, other = (optlab.minimize("beale", "nlopt_praxis", [0.3, 1.2], seed=s) for s in (0, 0, 1))
    assert first.trajectory.tobytes() == again.trajectory.tobytes()
    assert first.trajectory.tobytes() != other.trajectory.tobytes()
