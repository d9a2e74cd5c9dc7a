#!/usr/bin/env python3
"""Set up, demonstrate, test and lint optlab, starting from a bare Python with pip.

    python3 dev.py setup          make .venv: the packages of requirements.lock and this project, editable
    python3 dev.py demo           run experiments/quickstart.yaml
    python3 dev.py test [ARGS]    run the tests on every core; ARGS go to pytest
    python3 dev.py lint           formatting, ruff, types, import layers
    python3 dev.py check          lint, then test
    python3 dev.py bench [NAME …] [--gate] [--quick] [--load N] [--peers]
                                  measure optlab beside its peers (benchmarks/README.md); --peers installs those first

Python 3.6 can still parse this file, so that an old interpreter is answered with a sentence instead of a syntax error.
"""

import sys

if not (3, 11) <= sys.version_info[:2] < (3, 14):
    sys.stderr.write(
        "optlab needs Python 3.11, 3.12 or 3.13; this is Python %d.%d (%s).\n" % (*sys.version_info[:2], sys.executable)
    )
    sys.exit(2)

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "setup.stamp"
WINDOWS = os.name == "nt"
SUFFIX = ".exe" if WINDOWS else ""
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python" + SUFFIX)
ENVIRONMENT = {
    **os.environ,
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "UV_SYSTEM_CERTS": os.environ.get("UV_SYSTEM_CERTS", "1"),
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_PYTHON_PREFERENCE": "only-system",
}
LINES_SHOWN = 4
PEERS = ("nlopt==2.11.0", "benchopt==1.10.0")
"""What benchmarks compare with and nothing else needs; in .tools/peers, last on the path."""


class CommandError(Exception):
    """A command that could not do its work; the message is for the person at the terminal."""


def run(*command: "str | Path", quiet: bool = False) -> int:
    """Run a command in the repository and return its exit code.

    With `quiet` its output is kept back, and shown as the message of a CommandError if it fails.
    """
    streams = (subprocess.PIPE, subprocess.STDOUT) if quiet else (None, None)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=ENVIRONMENT,
            check=False,
            stdout=streams[0],
            stderr=streams[1],
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise CommandError(f"cannot start {command[0]}: {error.strerror}") from None
    if quiet and done.returncode:
        output = [line for line in done.stdout.splitlines() if line.strip()]
        words = " ".join(str(word) for word in command)
        raise CommandError("\n".join([f"exit code {done.returncode} from: {words}", *output[-LINES_SHOWN:]]))
    return done.returncode


# Setup.


def setup() -> int:
    """Bring .venv in line with the lock; instant when it already is."""
    with one_at_a_time():
        origin, content = fingerprints()
        stamp = STAMP.read_text().split() if STAMP.exists() else []
        if stamp == [origin, content]:
            return 0
        if stamp[:1] == [origin]:
            print("setup: bringing .venv up to date", flush=True)
        else:
            print("setup: making .venv (700 MB; downloads can take a minute)", flush=True)
            if VENV.exists():
                shutil.rmtree(VENV)
        try:
            install = prepare_with_uv(origin)
        except CommandError as error:
            print(f"setup: uv is of no use here, going on with pip, which is slower\n{error}", flush=True)
            install = prepare_with_pip(origin)
        run(*install, "--no-deps", "--no-build-isolation", "--editable", ROOT, quiet=True)
        STAMP.write_text(f"{origin}\n{content}\n")
        if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
            print("setup: one test opens reports in a browser, and is skipped without it: apt-get install chromium")
        print("setup: done", flush=True)
    return 0


def fingerprints() -> "tuple[str, str]":
    """Return what .venv stands on (this Python, this folder) and what it is filled from (lock, project file)."""
    origin = "\n".join((sys.version, sys.base_prefix, str(ROOT))).encode()
    content = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(origin).hexdigest(), hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def one_at_a_time() -> "Iterator[None]":
    """Let a second setup of this checkout wait for the first, where the system has file locks."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "setup.lock").open("w") as handle:
        if importlib.util.find_spec("fcntl"):
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def interpreter() -> str:
    """Return the Python that runs this file, or the one beneath it if that is .venv itself."""
    inside = Path(sys.prefix).resolve() == VENV
    return getattr(sys, "_base_executable", sys.executable) if inside else sys.executable


def prepare_with_uv(origin: str) -> "list[str | Path]":
    """Make .venv from the lock with uv, which needs no ensurepip, and return its command for installing more."""
    uv = locked_uv()
    if not STAMP.exists():
        run(uv, "venv", "--no-project", "--clear", "--python", interpreter(), VENV, quiet=True)
        STAMP.write_text(origin)
    install: "list[str | Path]" = [uv, "pip", "install", "--python", PYTHON]
    run(*install, "--require-hashes", "--requirement", LOCK, quiet=True)
    return install


def locked_uv() -> Path:
    """Return the uv that the lock names, put into .tools on first use."""
    lines = LOCK.read_text().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    rest = next((number for number, line in enumerate(lines) if number > first and line[0] != " "), len(lines))
    pin = "".join(lines[first:rest])
    folder = TOOLS / ("uv-" + hashlib.sha256(pin.encode()).hexdigest()[:12])
    program = folder / "bin" / ("uv" + SUFFIX)
    if not program.exists():
        requirement = TOOLS / "uv.txt"
        requirement.write_text(pin)
        shutil.rmtree(folder, ignore_errors=True)
        pip = (interpreter(), "-m", "pip", "install", "--target", folder)
        run(*pip, "--no-deps", "--require-hashes", "--requirement", requirement, quiet=True)
    return program


def prepare_with_pip(origin: str) -> "list[str | Path]":
    """Make .venv from the lock with nothing but venv and pip, and return the command for installing more."""
    if not STAMP.exists():
        run(interpreter(), "-m", "venv", "--clear", "--without-pip", VENV, quiet=True)
        STAMP.write_text(origin)
    install: "list[str | Path]" = [interpreter(), "-m", "pip", "--python", PYTHON, "install"]
    run(*install, "--require-hashes", "--requirement", LOCK, quiet=True)
    return install


# The other commands.


def demo() -> int:
    """Run the quickstart experiment."""
    setup()
    return run(BIN / ("optlab" + SUFFIX), "run", "experiments/quickstart.yaml")


def processor() -> str:
    """Return what Linux tells of the processor, an empty string elsewhere."""
    there = Path("/proc/cpuinfo")
    return there.read_text() if there.exists() else ""


def test(*arguments: str) -> int:
    """Run pytest with a process per core; a later `-n` among the arguments wins.

    OpenBLAS chooses its kernels by the processor, and they round differently; some tests hold iterates to the last
    digits. So all x86 processors since 2013 get the same kernels, unless OPENBLAS_CORETYPE is set.
    """
    setup()
    if " avx2 " in processor():
        ENVIRONMENT.setdefault("OPENBLAS_CORETYPE", "Haswell")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return run(PYTHON, "-m", "pytest", "-n", str(cores), *arguments)


def lint() -> int:
    """Run every check that needs no execution and report each."""
    setup()
    checks = {
        "format": (PYTHON, "-m", "ruff", "format", "--check"),
        "ruff": (PYTHON, "-m", "ruff", "check"),
        "types": (PYTHON, "-m", "mypy"),
        "layers": (BIN / ("lint-imports" + SUFFIX), "--no-logo"),
    }
    failed = []
    for name, command in checks.items():
        print(f"lint: {name}", flush=True)
        if run(*command):
            failed.append(name)
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: all passed", flush=True)
    return 1 if failed else 0


def check() -> int:
    """Lint, then test; both are run even if the first fails."""
    codes = lint(), test()
    return max(codes)


def bench(*arguments: str) -> int:
    """Run the benchmarks; their peers are installed only when asked for."""
    setup()
    if "--peers" in arguments:
        install_peers()
    return run(PYTHON, "-m", "benchmarks", *(word for word in arguments if word != "--peers"))


def install_peers() -> None:
    """Put the peers into .tools/peers, anew when their list has changed."""
    folder, wanted = TOOLS / "peers", "\n".join(PEERS)
    stamp = folder / "peers.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("bench: installing " + ", ".join(PEERS), flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        command: "list[str | Path]" = [locked_uv(), "pip", "install", "--python", PYTHON]
        run(*command, "--target", folder, *PEERS, quiet=True)
    except CommandError:
        run(interpreter(), "-m", "pip", "--python", PYTHON, "install", "--target", folder, *PEERS, quiet=True)
    stamp.write_text(wanted)


COMMANDS: "dict[str, Callable[..., int]]" = {c.__name__: c for c in (setup, demo, test, lint, check, bench)}


def main(words: "list[str]") -> int:
    """Run the command named on the command line and return the exit code."""
    if words and words[0] in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0
    if not words or words[0] not in COMMANDS:
        given = f"there is no command {words[0]!r}" if words else "a command is missing"
        sys.stderr.write(f"dev.py: {given}; use one of: {', '.join(COMMANDS)}\n")
        return 2
    name, *arguments = words
    if arguments and name not in ("test", "bench"):
        sys.stderr.write(f"dev.py: {name} takes no arguments, got: {' '.join(arguments)}\n")
        return 2
    try:
        return COMMANDS[name](*arguments)
    except (CommandError, OSError) as error:
        sys.stderr.write(f"dev.py {name}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
