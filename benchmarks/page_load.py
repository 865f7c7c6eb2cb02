"""Puts one-site checks to a running page with several clients, and tells how long they wait and what memory does.

    fuling-gis serve -w . --port 8765 --quiet &
    python benchmarks/page_load.py --url http://127.0.0.1:8765 --clients 8 --seconds 60 --pid $!

Each client asks, waits for the answer, thinks for a moment (`--think`, seconds), and asks about another place. The
server must be this machine's own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

# The ground that places are drawn from, longitude and latitude, and what is planned there.
WEST, SOUTH, EAST, NORTH = 107.0, 29.35, 107.65, 29.95
PLANS = (("chemical", "new"), ("livestock", "new"), ("mining", "existing"), ("residential", "new"), ("port", "expand"))
LONGEST_S = 600


def site(chance: random.Random) -> dict[str, object]:
    """Draw a small square somewhere, with something planned on it."""
    x, y = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
    size = chance.uniform(0.0005, 0.005)
    activity, nature = chance.choice(PLANS)
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {
        "type": "Feature",
        "properties": {"site_id": "1", "activity": activity, "nature": nature},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


async def client(number: int, args: argparse.Namespace, end: float, waits: list[float], faults: list[str]) -> None:
    """Ask one question after another until the time is over."""
    chance = random.Random(number)  # noqa: S311 - places, no secrets
    async with httpx.AsyncClient(base_url=args.url, timeout=30) as http:
        await asyncio.sleep(chance.uniform(0, args.think))
        while time.perf_counter() < end:
            asked = json.dumps(site(chance)).encode()
            began = time.perf_counter()
            reply = await http.post(
                "/api/check?as_of=2024-06-01", content=asked, headers={"content-type": "application/json"}
            )
            waits.append(1000 * (time.perf_counter() - began))
            if reply.status_code != httpx.codes.OK:
                faults.append(f"{reply.status_code} {reply.text[:100]}")
            await asyncio.sleep(args.think)


def family(pid: int) -> list[int]:
    """Give a process and those that it has started."""
    # Each thread has children of its own.
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for thread in threads for child in thread.read_text("ascii").split()]
    return [pid, *(one for child in children for one in family(child))]


def resident_mb(pid: int) -> float:
    """Give what the server and its processes hold in memory."""
    pages = sum(int(Path(f"/proc/{one}/statm").read_text("ascii").split()[1]) for one in family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor_s(pid: int) -> float:
    """Give the processor time that the server and its processes have taken."""
    fields = [Path(f"/proc/{one}/stat").read_text("utf-8").rpartition(")")[2].split() for one in family(pid)]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


async def memory(pid: int, end: float, seen: list[float]) -> None:
    """Note the server's memory each second."""
    while pid and time.perf_counter() < end:
        seen.append(resident_mb(pid))
        await asyncio.sleep(1)


async def run(args: argparse.Namespace) -> dict[str, object]:
    """Let all clients ask and give the figures."""
    end = time.perf_counter() + min(args.seconds, LONGEST_S)
    waits: list[float] = []
    faults: list[str] = []
    seen: list[float] = []
    clients = [client(n, args, end, waits, faults) for n in range(args.clients)]
    before = processor_s(args.pid) if args.pid else 0.0
    await asyncio.gather(*clients, memory(args.pid, end, seen))
    waits.sort()
    figures: dict[str, object] = {"clients": args.clients, "think_s": args.think, "requests": len(waits)}
    figures["per_second"] = round(len(waits) / args.seconds, 1)
    for name, share in (("median_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("worst_ms", 1.0)):
        figures[name] = round(waits[min(len(waits) - 1, int(share * len(waits)))], 1)
    if args.pid and waits:
        figures["processor_ms_each"] = round(1000 * (processor_s(args.pid) - before) / len(waits), 1)
    if seen:
        figures["memory_mb"] = {"first": round(seen[0]), "middle": round(seen[len(seen) // 2]), "last": round(seen[-1])}
    return {**figures, "faults": len(faults), "first_fault": faults[0] if faults else None}


def main() -> None:
    """Read the arguments and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8765")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=0.0)
    parser.add_argument("--pid", type=int, default=0)
    args = parser.parse_args()
    if urlsplit(args.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("--url: only a server on this machine is asked")
    print(json.dumps(asyncio.run(run(args)), indent=1))


if __name__ == "__main__":
    main()
