"""What both sides of a cluster need: the package, its security, and whether they have the same optlab."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from optlab import work
from optlab.core.status import InputError
from optlab.fingerprint import digest, source_digest, versions

PAGES = "127.0.0.1:0"
"""Where a scheduler or worker of ours shows its pages; dask's own choice is every interface of the machine."""
MISSING = 'the executor dask needs the package distributed: pip install "optlab[cluster]"'


def package() -> Any:
    """Return the package distributed.

    Raises
    ------
    InputError
        Where it is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError(MISSING) from error
    return distributed


def security(ca: str | None, cert: str | None, key: str | None) -> Any:
    """Return how to speak to a scheduler: by certificates, where files are given; else as dask is configured."""
    files = {"tls_ca": ca, "tls_cert": cert, "tls_key": key}
    if not any(files.values()):
        return None
    for name, file in files.items():
        if not file or not Path(file).is_file():
            msg = f"TLS needs three files, tls_ca, tls_cert and tls_key; {name} is {file or 'not given'}"
            raise InputError(msg + (", which is no file" if file else ""))
    names = {f"tls_{role}_{part}": files[f"tls_{part}"] for role in ("client", "worker") for part in ("cert", "key")}
    return package().Security(require_encryption=True, tls_ca_file=ca, **names)


@cache
def installed() -> str:
    """Return a hash of what runs depend on here: this package's sources, and the versions of what it builds on."""
    return digest([source_digest(Path(work.__file__)), versions()])
