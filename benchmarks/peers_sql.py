"""The two jobs in SQL: DuckDB with its spatial extension, SedonaDB, and PostGIS in a cluster of its own.

Each gets what its documentation and trials with the data showed to be best: zones cut into pieces of few vertices
(joined again by `distinct` and `group by`), banks cut into runs of 32 segments, indexes, two threads. Loading is not
timed. What is not installed is left out, and said.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from data import CRS, Geometries, Yardstick
from peers import FAR_M, NEAR_M, THREADS, ZONES, cut

from fuling_gis.overlay.pieces import cut_areas, parts

AREAS = ("red_line", "nature_reserve", "management_unit")
DUCKDB_ROWS = 8192


class Missing(Exception):  # noqa: N818 - it is told, not raised at anybody
    """An engine is not installed."""


def prepared(yardstick: Yardstick) -> dict[str, tuple[np.ndarray, Geometries]]:
    """Give each table's ids and geometries: zones in pieces, banks in runs, sites as they are."""
    tables = {}
    for name in ZONES:
        flat, owner = parts(yardstick.layers[name])
        pieces, piece_of = cut_areas(flat, owner)
        tables[name] = (piece_of, pieces)
    banks = cut(yardstick.layers["river"])
    tables["banks"] = (np.arange(len(banks)), banks)
    for name in ("points", "polygons"):
        sites = getattr(yardstick, name)
        tables[name] = (np.arange(len(sites)), sites)
    return tables


class Sql(ABC):
    """What the three have in common: the questions, and how answers are counted."""

    name = ""
    # How the engine writes the two areas' common ground, and a group of site and zone.
    pieces = "select distinct p.id a, z.id b from {sites} p join {zone} z on st_intersects(p.geom, z.geom)"
    areas = (
        "select p.id a, z.id b, sum(st_area(st_intersection(p.geom, z.geom))) s "
        "from {sites} p join {zone} z on st_intersects(p.geom, z.geom) group by p.id, z.id"
    )
    near = (
        "select p.id a, min(st_distance(p.geom, z.geom)) s from {sites} p join banks z "
        "on st_dwithin(p.geom, z.geom, {far}) group by p.id"
    )

    def j1(self) -> dict[str, Any]:
        """Points."""
        return self._job("points", areas=False)

    def j2(self) -> dict[str, Any]:
        """Polygons."""
        return self._job("polygons", areas=True)

    @abstractmethod
    def columns(self, query: str) -> list[np.ndarray]:
        """Run a query and give its columns."""

    def _job(self, sites: str, *, areas: bool) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for zone in ZONES:
            if areas and zone in AREAS:
                found = self.columns(self.areas.format(sites=sites, zone=zone))
                out[zone], out[zone + "_m2"] = len(found[0]), float(found[2].sum())
            else:
                out[zone] = len(self.columns(self.pieces.format(sites=sites, zone=zone))[0])
        metres = self.columns(self.near.format(sites=sites, far=FAR_M))[1]
        return {
            **out,
            "within_1km": int((metres <= NEAR_M).sum()),
            "within_3km": len(metres),
            "sum_m": float(metres.sum()),
        }


class DuckDB(Sql):
    """DuckDB in memory."""

    name = "DuckDB spatial"

    def __init__(self, tables: dict[str, tuple[np.ndarray, Geometries]]) -> None:
        try:
            import duckdb
            import duckdb_extension_spatial
        except ImportError as error:
            raise Missing(str(error)) from error
        folder = Path(duckdb_extension_spatial.__file__).parent / "extensions"
        extension = folder / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
        if not extension.exists():
            msg = f"no spatial extension for DuckDB {duckdb.__version__}"
            raise Missing(msg)
        self._folder = tempfile.TemporaryDirectory()
        settings = {"allow_unsigned_extensions": "true", "threads": THREADS, "extension_directory": self._folder.name}
        self._base = duckdb.connect(config=settings)
        self._base.execute(f"load '{extension}'")
        self._base.execute(f"attach '{self._folder.name}/bench.db' as bench (row_group_size {DUCKDB_ROWS}); use bench")
        for name, (ids, geometry) in tables.items():
            table = pa.table({"id": ids, "wkb": pa.array(shapely.to_wkb(geometry), pa.binary())})
            self._base.register("incoming", table)
            made = "select id, st_geomfromwkb(wkb) as geom from incoming"
            self._base.execute(f"create table {name} as from ({made})")
            self._base.unregister("incoming")

    def columns(self, query: str) -> list[np.ndarray]:
        """Run a query."""
        return list(self._base.execute(query).fetchnumpy().values())


class SedonaDB(Sql):
    """SedonaDB, tables in memory."""

    name = "SedonaDB"

    def __init__(self, tables: dict[str, tuple[np.ndarray, Geometries]]) -> None:
        try:
            import sedonadb
        except ImportError as error:
            raise Missing(str(error)) from error
        import geopandas as gpd

        self._base = sedonadb.connect()
        for name, (ids, geometry) in tables.items():
            frame = gpd.GeoDataFrame({"id": ids}, geometry=geometry, crs=CRS).rename_geometry("geom")
            self._base.create_data_frame(frame).to_memtable().to_view(name, overwrite=True)

    def columns(self, query: str) -> list[np.ndarray]:
        """Run a query."""
        return [column.to_numpy() for column in pa.table(self._base.sql(query)).columns]


class PostGIS(Sql):
    """PostGIS in a cluster made for the run, reached by a socket in its own folder."""

    name = "PostGIS"

    def __init__(self, tables: dict[str, tuple[np.ndarray, Geometries]]) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        extension = any(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
        try:
            import psycopg
        except ImportError as error:
            raise Missing(str(error)) from error
        if not binaries or not extension or not shutil.which("runuser"):
            msg = "no PostGIS on this machine"
            raise Missing(msg)
        self._bin = binaries[-1].parent
        self._folder = tempfile.mkdtemp(prefix="postgis")
        shutil.chown(self._folder, "postgres")
        self._as_postgres(str(self._bin / "initdb"), "-D", f"{self._folder}/data", "-A", "trust", "-N")
        settings = (
            f"-k {self._folder} -c listen_addresses='' -c shared_buffers=2GB -c work_mem=256MB -c fsync=off "
            "-c max_parallel_workers_per_gather=2 -c jit=off -c maintenance_work_mem=512MB"
        )
        data = f"{self._folder}/data"
        self._as_postgres(str(self._bin / "pg_ctl"), "-D", data, "-w", "-l", f"{data}/log", "-o", settings, "start")
        self._base = psycopg.connect(host=self._folder, user="postgres", dbname="postgres", autocommit=True)
        self._base.execute("create extension postgis")
        for name, (ids, geometry) in tables.items():
            self._base.execute(f"create unlogged table {name} (id int, geom geometry)")
            with self._base.cursor().copy(f"copy {name} (id, geom) from stdin") as copy:
                for number, hexed in zip(ids.tolist(), shapely.to_wkb(geometry, hex=True), strict=True):
                    copy.write_row((number, hexed))
            self._base.execute(f"create index on {name} using gist (geom)")
            self._base.execute(f"analyze {name}")

    def _as_postgres(self, *command: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        subprocess.run(["runuser", "-u", "postgres", "--", *command], check=True, cwd="/", **quiet)

    def columns(self, query: str) -> list[np.ndarray]:
        """Run a query, results in binary."""
        with self._base.cursor(binary=True) as cursor:
            rows = cursor.execute(query).fetchall()
        return [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.zeros(0)] * 3

    def close(self) -> None:
        """Stop the cluster and remove it."""
        self._base.close()
        self._as_postgres(str(self._bin / "pg_ctl"), "-D", f"{self._folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)


def engines(yardstick: Yardstick) -> tuple[dict[str, Any], dict[str, str]]:
    """Start the engines that are installed; give them, and why the others are left out."""
    tables, found, missing = prepared(yardstick), {}, {}
    for make in (DuckDB, SedonaDB, PostGIS):
        try:
            found[make.name] = make(tables)
        except Missing as reason:
            missing[make.name] = str(reason)
    return found, missing


def close(found: dict[str, Any]) -> None:
    """Let go of all of them."""
    for engine in found.values():
        if hasattr(engine, "close"):
            engine.close()
