"""The worker's side: gets ready, takes one request, fences itself in, reads, answers and ends.

Started by `process`, never by a person. It is alone with its request: no shell, no network, an empty environment, and a
folder of its own for what has to be unpacked.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import IO

from fuling_gis.worker.limits import Limits, isolate


def main() -> None:
    """Serve one request that comes on stdin; answers go out on what was stdout, which nothing else may write to."""
    network = isolate()
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    # Loaded before a request comes, so that a spare worker answers at once.
    import mimetypes

    import pyogrio

    from fuling_gis.drivers import strangers
    from fuling_gis.worker import wire

    # The library of workbooks asks the system for its list of kinds of files, which the fences will not let it read.
    mimetypes.init()
    wire.send(answers, wire.READY, wire.packed({"strangers": strangers(pyogrio.list_drivers())}))
    line = requests.readline()
    if line:
        _serve(wire.unpacked(line), answers, network=network)
    answers.flush()
    # Nothing of a stranger's is taken down in order: the process just ends.
    os._exit(0)


def _serve(request: dict[str, object], answers: IO[bytes], *, network: bool) -> None:
    from fuling_gis.errors import FileError, FulingError
    from fuling_gis.labels import sentence
    from fuling_gis.worker import wire

    shown = str(request["shown"])
    try:
        try:
            _read(request, answers, network=network)
        except FulingError as e:
            wire.send(answers, wire.FAULT, wire.fault_of(e))
        except MemoryError:
            fault = FileError(sentence("errors_readers.worker_memory", path=shown))
            wire.send(answers, wire.FAULT, wire.fault_of(fault))
        except Exception as e:  # noqa: BLE001 - whatever a stranger's file does to a library, people get a sentence
            # Its text may hold anything, also what another file says; its kind says enough.
            fault = FileError(sentence("errors_readers.worker_fault", path=shown, kind=type(e).__name__))
            wire.send(answers, wire.FAULT, wire.fault_of(fault))
    except BrokenPipeError:
        # The parent has had enough.
        os._exit(0)


def _read(request: dict[str, object], answers: IO[bytes], *, network: bool) -> None:
    from fuling_gis.sites.local import LocalShift
    from fuling_gis.sites.options import SiteOptions
    from fuling_gis.sites.read import open_sites
    from fuling_gis.worker import wire

    limits = Limits(**request["limits"])  # type: ignore[arg-type]
    readable = [Path(str(path)) for path in request["readable"]]  # type: ignore[attr-defined]
    asked = dict(request["options"])  # type: ignore[call-overload]
    if asked["crs_shift"] is not None:
        asked["crs_shift"] = LocalShift(tuple(asked["crs_shift"]["numbers"]))
    options = SiteOptions(**asked)
    fences = confine_to(limits, readable, network=network)
    source = open_sites(list(request["paths"]), target=str(request["target"]), options=options)  # type: ignore[call-overload]
    head = {"inputs": source.inputs, "notices": [dict(note) for note in source.notices], "fences": fences}
    wire.send(answers, wire.HEAD, wire.packed(head))
    for sites in source.batches(int(str(request["size"]))):
        wire.send(answers, wire.ROWS, wire.rows_of(sites))
    wire.send(answers, wire.END)


def confine_to(limits: Limits, readable: list[Path], *, network: bool) -> dict[str, bool]:
    """Take on the limits; gives which of them hold here."""
    from fuling_gis.worker.limits import confine

    return asdict(confine(limits, readable, Path(tempfile.gettempdir()), network=network))


if __name__ == "__main__":
    sys.exit("fuling_gis.worker.child is started by fuling_gis itself")
