"""Processes of ours keep the memory that runs free, and give it back between runs with a limit on memory."""

import subprocess
import sys

import pytest

from optlab.executors import heap

PASSES = """
import resource
import numpy as np
from optlab.executors import heap

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def faults():
    def once():
        arrays = [np.ones(1 << 17) for _ in range(64)]  # 64 MB in arrays of 1 MB
        del arrays
    once()
    once()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    once()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = faults()
assert heap.keep()
kept = faults()
held = resident()
heap.give_back()
print(usual, kept, held, resident())
"""

pytestmark = pytest.mark.skipif(heap._library() is None, reason="glibc alone can be told to keep memory")


def test_what_is_freed_is_kept_without_faults_and_given_back_when_asked():
    done = subprocess.run([sys.executable, "-c", PASSES], capture_output=True, text=True, check=True)
    usual, kept, held, after = map(int, done.stdout.split())
    pages = (64 << 20) // 4096
    assert usual > pages // 2  # what keeping is for
    assert kept < pages // 20
    assert held - after > 32 << 20


def test_the_process_of_a_user_is_left_as_it_is(monkeypatch):
    import optlab

    def never():
        raise AssertionError

    monkeypatch.setattr(heap, "keep", never)
    monkeypatch.setattr(heap, "give_back", never)
    assert optlab.minimize("rosenbrock", "lbfgs").status.name == "CONVERGED"
