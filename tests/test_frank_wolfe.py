"""Frank–Wolfe methods: the gap certifies, rates are those of theory, the active set adds up, no call leaves the set."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

from optlab.core.driver import Loop, iterate, run
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.frank_wolfe import ActiveSet
from optlab.optimizers._frank_wolfe_rules import LineMinimum, OpenLoop, ShortStep
from optlab.optimizers.frank_wolfe.frank_wolfe import FrankWolfe
from optlab.optimizers.frank_wolfe.frank_wolfe_away import FrankWolfeAway
from optlab.optimizers.frank_wolfe.frank_wolfe_pairwise import FrankWolfePairwise
from optlab.sets.ball import Ball
from optlab.sets.box import Box
from optlab.sets.l1_ball import L1Ball
from optlab.sets.simplex import Simplex
from optlab.transforms.value_scaling import ValueScaling

N = 12
METHODS = (FrankWolfe, FrankWolfeAway, FrankWolfePairwise)
ACTIVE = (FrankWolfeAway, FrankWolfePairwise)
RULES = (ShortStep(), OpenLoop(), LineMinimum())
SETS = {
    "simplex": (Simplex(1.0), np.sqrt(2.0)),
    "l1": (L1Ball(1.0), 2.0),
    "ball": (Ball(1.0), 2.0),
    "box": (Box(-np.ones(N), np.ones(N)), 2.0 * np.sqrt(N)),
}
"""Each with its diameter."""
NEVER = Stationary(rtol=0)


def data(seed=0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((2 * N, N))
    return A.T @ A / (2 * N), rng.standard_normal(N)


def quadratic(region, center, H=None, start=None, watch=None):
    """½(x − c)ᵀH(x − c) over a set; `watch` sees every x that is asked for."""
    H = np.eye(N) if H is None else H
    seen = watch or (lambda x: None)

    def value(x):
        seen(x)
        return 0.5 * float((x - center) @ (H @ (x - center)))

    def gradient(x):
        seen(x)
        return H @ (x - center)

    start = np.full(N, 1.0 / N) if start is None else start
    return Problem(value, gradient=gradient, hessian=lambda x: H.copy(), start=start, feasible=region)


def go(problem, optimizer, stop, **more):
    return run(Loop(problem, optimizer, stop=stop, **more))


def least(problem, region):
    """f* by many accelerated projected gradient steps."""
    L = np.linalg.eigvalsh(problem.hessian(problem.start()))[-1]
    x = y = region.project(problem.start())
    for k in range(4000):
        new = region.project(y - problem.gradient(y) / L)
        y, x = new + k / (k + 3) * (new - x), new
    return problem.value(x)


def inside_a_face(n=5):
    """A problem over the simplex whose solution is in the middle of a face of n vertices: slow for plain steps."""
    center = np.where(np.arange(N) < n, 1.0 / n, -0.1)
    return quadratic(Simplex(1.0), center, np.diag(np.linspace(1.0, 4.0, N)))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_gap_is_a_certificate_at_every_iterate(name, method, rule):
    H, center = data()
    region = SETS[name][0]
    problem = quadratic(region, center, H)
    best = least(problem, region)
    trace = go(problem, method(rule=rule), NEVER | Iterations(60))
    f, gap = trace.scalars["f"], trace.scalars["gap"]
    assert len(trace) > 2 or name == "simplex"
    assert (gap >= f - best - 1e-12).all()
    for x, g in zip(trace.points, gap, strict=True):
        slope = problem.gradient(x)
        assert g == pytest.approx(slope @ x + region.support(-slope), abs=1e-12)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("rule", [OpenLoop(), LineMinimum(), "L"], ids=str)
def test_rate_of_plain_steps_is_within_jaggis_bound(name, rule):
    H, center = data(1)
    region, diameter = SETS[name]
    problem = quadratic(region, center, H)
    L = float(np.linalg.eigvalsh(H)[-1])
    trace = go(problem, FrankWolfe(rule=ShortStep(L=L) if rule == "L" else rule), NEVER | Iterations(300))
    C = L * diameter**2
    k = np.arange(1, len(trace))
    assert (trace.scalars["f"][1:] - least(problem, region) <= 2.0 * C / (k + 2.0) + 1e-12).all()


def test_no_more_atoms_than_steps_and_so_no_faster_than_one_over_k():
    """‖x‖² over the simplex from a vertex: x_k has k + 1 nonzeros at most, so f ≥ 1/(k + 1); Jaggi (2013), lemma 3."""
    start = np.eye(N)[0]
    problem = quadratic(Simplex(1.0), 0.0, 2.0 * np.eye(N), start)
    for method in METHODS:
        trace = go(problem, method(rule=LineMinimum()), NEVER | Iterations(N - 2))
        for k, x in enumerate(trace.points):
            assert np.count_nonzero(x) <= k + 1
            assert trace.scalars["f"][k] >= 1.0 / (k + 1) - 1e-15
            assert method is not FrankWolfe or trace.scalars["f"][k] == pytest.approx(1.0 / (k + 1))


def test_open_loop_is_two_over_k_plus_two():
    H, center = data(2)
    problem = quadratic(Ball(1.0), center, H)
    trace = go(problem, FrankWolfe(rule=OpenLoop()), NEVER | Iterations(20))
    x = trace.points[0]
    for k in range(20):
        g = problem.gradient(x)
        x = x + 2.0 / (k + 2.0) * (-g / np.linalg.norm(g) - x)
        assert trace.points[k + 1] == pytest.approx(x, abs=1e-12)


def test_short_step_minimizes_the_quadratic_bound():
    H, center = data(3)
    L = float(np.linalg.eigvalsh(H)[-1])
    problem = quadratic(Ball(1.0), 0.1 * center, H)
    records = list(iterate(problem, FrankWolfe(rule=ShortStep(L=L)), stop=NEVER | Iterations(20)))
    for old, new in pairwise(records):
        d = old.state.vertex - old.x
        assert new.state.step_size == pytest.approx(min(1.0, old.state.gap / (L * d @ d)), rel=1e-12)
    adaptive = list(iterate(problem, FrankWolfe(), stop=NEVER | Iterations(200)))
    assert max(r.state.estimate for r in adaptive) <= 2.0 * L
    for old, new in pairwise(adaptive):
        d, gamma = old.state.vertex - old.x, new.state.step_size
        bound = old.f - gamma * old.state.gap + 0.5 * gamma**2 * new.state.estimate * d @ d
        assert new.f <= bound + 1e-14


@pytest.mark.parametrize("method", METHODS)
def test_exact_steps_on_a_quadratic_take_two_evaluations(method):
    problem = inside_a_face()
    records = list(iterate(problem, method(rule=LineMinimum()), stop=NEVER | Iterations(15)))
    assert records[-1].evaluations["f"] <= 2 * 15 + 1
    for old, new in pairwise(records):
        d, g = new.state.direction, new.state.g
        interior = abs(g @ d) <= 1e-7 * abs(old.state.g @ d)
        assert interior or g @ d < 0


@pytest.mark.parametrize("rule", [ShortStep(), LineMinimum()], ids=lambda rule: type(rule).__name__)
def test_away_and_pairwise_steps_converge_linearly_where_plain_ones_do_not(rule):
    problem = inside_a_face()
    best = least(problem, problem.feasible)
    plain = go(problem, FrankWolfe(rule=rule), NEVER | Iterations(200))
    assert plain.scalars["gap"].min() > 1e-4
    for method in ACTIVE:
        trace = go(problem, method(rule=rule), Stationary() | Iterations(200))
        assert trace.status is Status.CONVERGED
        error = trace.scalars["f"] - best
        k = np.flatnonzero(error > 1e-12)[-1]
        assert error[k] / error[0] <= 0.9**k
        assert trace.scalars["atoms"][-1] == 5
        assert np.flatnonzero(trace.points[-1]).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", ACTIVE)
@pytest.mark.parametrize("name", SETS)
def test_x_is_the_convex_combination_of_its_atoms(method, name):
    H, center = data(4)
    region = SETS[name][0]
    problem = quadratic(region, 0.3 * center, H)
    for record in iterate(problem, method(), stop=NEVER | Iterations(40)):
        atoms, weights = record.state.memory
        assert weights @ atoms == pytest.approx(record.x, abs=1e-14)
        assert (weights > 0).all()
        assert weights.sum() == pytest.approx(1.0, abs=1e-14)
        assert len({atom.tobytes() for atom in atoms}) == len(atoms) == record.state.atoms
        assert all(region.contains(atom) for atom in atoms)


@pytest.mark.parametrize("method", ACTIVE)
def test_start_is_dropped_and_vertices_remain(method):
    trace = list(iterate(inside_a_face(), method(), stop=Stationary() | Iterations(200)))
    atoms = trace[-1].state.memory.atoms
    assert sorted(map(tuple, atoms)) == sorted(map(tuple, np.eye(N)[:5]))
    kept = [{atom.tobytes() for atom in record.state.memory.atoms} for record in trace]
    assert trace[0].x.tobytes() in kept[0]
    assert any(earlier - later for earlier, later in pairwise(kept)), "no drop step"


@pytest.mark.parametrize("method", METHODS)
def test_a_vertex_solution_is_reached_exactly(method):
    center = -np.arange(N, dtype=float)
    problem = quadratic(Simplex(1.0), center)
    trace = go(problem, method(), Stationary() | Iterations(50))
    assert trace.status is Status.CONVERGED
    assert trace.points[-1].tolist() == np.eye(N)[0].tolist()
    assert trace.scalars["gap"][-1] == 0.0


def test_a_full_step_ends_at_the_vertex_to_the_last_bit():
    rng = np.random.default_rng(7)
    hi = rng.random(N)
    problem = quadratic(Box(-hi, hi), 9.0 * np.cos(np.arange(N)), start=0.3 * hi * rng.random(N))
    first, second = list(iterate(problem, FrankWolfe(), stop=NEVER | Iterations(1)))[:2]
    assert second.state.step_size == 1.0
    assert second.x.tobytes() == first.state.vertex.tobytes()
    assert (np.abs(second.x) == hi).all()


def test_line_minimum_is_one_where_f_is_no_quadratic():
    def value(x):
        return float(np.exp(3.0 * x[0]) + np.exp(-2.0 * x[0] - x[1]) + x @ x)

    def gradient(x):
        a, b = 3.0 * np.exp(3.0 * x[0]), np.exp(-2.0 * x[0] - x[1])
        return np.array([a - 2.0 * b, -b]) + 2.0 * x

    problem = Problem(value, gradient=gradient, start=[0.9, -0.3], feasible=Ball(1.0))
    records = list(iterate(problem, FrankWolfe(rule=LineMinimum()), stop=NEVER | Iterations(12)))
    inside = 0
    for old, new in pairwise(records):
        d = old.state.vertex - old.x
        inside += new.state.step_size < 1.0
        assert new.state.step_size == 1.0 or abs(new.state.g @ d) <= 1e-7 * abs(old.state.g @ d)
    assert inside >= 5
    assert records[-1].evaluations["f"] <= 10 * 12


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_every_call_of_f_is_inside(method, name, rule):
    H, center = data(5)
    region = SETS[name][0]
    asked = []

    def watch(x):
        asked.append(region.contains(x))

    problem = quadratic(region, center, H, np.zeros(N) if name != "simplex" else None, watch)
    stop = NEVER | Iterations(40)
    trace = go(problem, method(rule=rule), stop)
    assert all(asked)
    assert len(asked) > 2
    for x in trace.points:
        assert np.array_equal(region.project(x), x)


@pytest.mark.parametrize("method", METHODS)
def test_f_that_is_not_finite_at_the_vertices_is_no_obstacle(method):
    """−Σ log x + 9x₁ is not finite at any vertex of the simplex."""
    c = np.array([9.0, 0.0, 0.0])

    def value(x):
        return float(c @ x - np.log(x).sum()) if (x > 0).all() else np.nan

    def gradient(x):
        return c - 1.0 / x if (x > 0).all() else np.full(3, np.nan)

    problem = Problem(value, gradient=gradient, start=[0.6, 0.2, 0.2], feasible=Simplex(1.0))
    for rule in (ShortStep(), LineMinimum()):
        trace = go(problem, method(rule=rule), Stationary(rtol=1e-6) | Iterations(3000))
        assert trace.scalars["gap"][-1] <= 0.02
        assert trace.status in {Status.CONVERGED, Status.MAX_ITERATIONS}


@pytest.mark.parametrize("method", METHODS)
def test_an_unbounded_set_is_refused(method):
    for problem in (
        quadratic(Box(np.zeros(N), np.full(N, np.inf)), np.ones(N)),
        Problem(lambda x: float(x @ x - 2 * x.sum()), gradient=lambda x: 2 * (x - 1), start=[0.0], bounds=(0, np.inf)),
    ):
        trace = go(problem, method(), Iterations(5))
        assert trace.status is Status.SKIPPED
        assert "not bounded" in trace.message
    half = quadratic(Box(np.zeros(N), np.full(N, np.inf)), -np.ones(N))  # the first minimizer is finite: x = 0
    assert go(half, method(), Stationary() | Iterations(5)).points[-1].tolist() == [0.0] * N


@pytest.mark.parametrize("method", METHODS)
def test_at_a_stationary_point_without_a_stop_rule_the_run_stalls(method):
    problem = quadratic(Simplex(1.0), -np.arange(N, dtype=float))
    trace = go(problem, method(), NEVER | Iterations(50))
    assert trace.status in {Status.STALLED, Status.CONVERGED}
    assert len(trace) <= 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_units_of_f_do_not_matter(method, factor):
    problem = inside_a_face()
    plain = go(problem, method(), Stationary() | Iterations(100))
    scaled = go(ValueScaling(factor).apply(problem), method(), Stationary() | Iterations(100))
    assert scaled.status is plain.status
    assert scaled.points[10] == pytest.approx(plain.points[10], abs=1e-9)
    assert scaled.scalars["gap"][:10] / factor == pytest.approx(plain.scalars["gap"][:10], rel=1e-6)


@pytest.mark.parametrize("method", ACTIVE)
def test_resumes_from_a_pickle_bit_for_bit(method):
    records = list(iterate(inside_a_face(), method(), stop=NEVER | Iterations(20)))
    middle = pickle.loads(pickle.dumps(records[9]))
    rest = list(iterate(inside_a_face(), method(), stop=NEVER | Iterations(20), resume=middle))
    assert [r.x.tobytes() for r in rest] == [r.x.tobytes() for r in records[10:]]


def test_weights_move_as_the_steps_say():
    atoms = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    active = ActiveSet(atoms, np.array([0.5, 0.3, 0.2]))
    x = active.point
    assert x.tolist() == [0.3, 0.2]
    assert active.worst(np.array([1.0, 2.0])) == 2
    assert active.towards(1, 0.5).point == pytest.approx(x + 0.5 * (atoms[1] - x))
    assert active.towards(1, 1.0).atoms.tolist() == [[1.0, 0.0]]
    assert active.away(2, 0.1, 0.25).point == pytest.approx(x + 0.1 * (x - atoms[2]))
    dropped = active.away(2, 0.25, 0.25)
    assert dropped.atoms.tolist() == atoms[:2].tolist()
    assert dropped.point == pytest.approx(x + 0.25 * (x - atoms[2]))
    assert active.exchanged(1, 0, 0.1, 0.5).point == pytest.approx(x + 0.1 * (atoms[1] - atoms[0]))
    assert active.exchanged(1, 0, 0.5, 0.5).atoms.tolist() == atoms[1:].tolist()
    rng = np.random.default_rng(0)
    for _ in range(200):  # whatever rounding makes of (1 + γ)α − γ
        weights = rng.random(3)
        weights /= weights.sum()
        longest = weights[1] / (1.0 - weights[1])
        assert len(ActiveSet(atoms, weights).away(1, longest, longest).weights) == 2
    larger, i = active.with_atom(np.array([2.0, 2.0]))
    assert (i, larger.weights.tolist()) == (3, [0.5, 0.3, 0.2, 0.0])
    assert active.with_atom(atoms[1])[1] == 1


def test_a_gradient_of_the_wrong_sign_is_no_success():
    """Towards the vertex that the wrong gradient names f rises: the search says so."""
    H, center = data(6)
    problem = Problem(
        lambda x: 0.5 * float((x - center) @ (H @ (x - center))),
        gradient=lambda x: -H @ (x - center),
        start=np.full(N, 1.0 / N),
        feasible=Simplex(1.0),
    )
    for method in METHODS:
        trace = go(problem, method(), Stationary() | Iterations(100))
        assert trace.status is Status.LINESEARCH_FAILED
        assert len(trace) == 1
