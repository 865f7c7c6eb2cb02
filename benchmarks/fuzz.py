"""Feeds every reader broken files until something other than sites or one sentence comes out.

    python benchmarks/fuzz.py --minutes 30                 all readers in turn; what broke is kept in ./fuzz-found
    python benchmarks/fuzz.py --minutes 1 --only dxf kml   some of them
    python benchmarks/fuzz.py --again dxf 1234             one mutation again, with its traceback

Files of every format are made small, and a numbered mutation changes some bytes of one: the number is the seed, so that
a reader and a number are a file, and nothing has to be stored for a test. A process with limits reads many files, one
after the other: a gibibyte beyond the loaded program, ten seconds for each file by the clock of who started it.
Files are read by the plain reader, not through a worker: what gets past it here gets past it at the command line.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

# Seconds for one file, and bytes beyond the loaded program.
SECONDS = 10
MEMORY = 1 << 30
CRS = "EPSG:4545"
DEGREES = "EPSG:4490"
# What the last net says, and of memory that is not there.
NET = r"is not as its format should be, and cannot be read \((\w+)|needs (more memory)"
# Words that mean something to some reader; put in at any place.
WORDS = (
    b"", b"\x00", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00" * 8, b"nan", b"inf", b"1e400",
    b"-1", b"0", b"99999999999999999999", b"[" * 200, b"{", b"}", b'"', b"'", b"<", b"</", b">", b"&", b"&#0;",
    b"<![CDATA[", b"<!DOCTYPE a [", b"\n", b"\r\n", b",", b";", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe6\xb6",
    b"\xb8\xa2", b"@", b"PK\x03\x04", b"EOF", b"GEOMETRYCOLLECTION(" * 30, b"null", b"true", b"POINT EMPTY",
    b"%s%n", b"../", b"\xe2\x80\xa8", b"\xed\xa0\x80",
)  # fmt: skip


# The smallest files of every format


def _frame() -> object:
    import geopandas as gpd
    import shapely

    square = shapely.box(448_000, 3_280_000, 448_100, 3_280_100)
    ring = shapely.Polygon(square.exterior, [shapely.box(448_040, 3_280_040, 448_060, 3_280_060).exterior])
    columns = {"site_id": ["1", "2"], "名称": ["白涛", "李渡"], "n": [1.5, 2.5]}
    return gpd.GeoDataFrame(columns, geometry=[square, ring], crs=CRS)


def _ogr(suffix: str, driver: str) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = folder / f"a{suffix}"
        frame = _frame()
        frame = frame if suffix not in (".mif", ".tab") else frame.rename(columns={"名称": "name"})  # type: ignore[attr-defined]
        options = {"encoding": "utf-8"} if suffix in (".mif", ".tab") else {}
        options |= {"encoding": "gb18030", "DBF_DATE_LAST_UPDATE": "2024-06-01"} if suffix == ".shp" else {}
        frame.to_file(path, driver=driver, **options)  # type: ignore[attr-defined]
        if suffix == ".tab":
            _cleared(path.with_suffix(".dat"))
        return path

    return made


def _cleared(table: Path) -> None:
    """Put zeros where GDAL leaves what stood in memory: behind the names of fields, and in their addresses."""
    raw = bytearray(table.read_bytes())
    for start in range(32, int.from_bytes(raw[8:10], "little") - 32, 32):
        name = bytes(raw[start : start + 11]).split(b"\0")[0]
        raw[start : start + 11] = name.ljust(11, b"\0")
        raw[start + 12 : start + 16] = bytes(4)
    table.write_bytes(bytes(raw))


def _without_index(folder: Path) -> Path:
    """Write a FlatGeobuf without its index, whose rows may then lack geometries."""
    import geopandas as gpd

    frame = _frame()
    frame.loc[1, "geometry"] = None  # type: ignore[attr-defined]
    gpd.GeoDataFrame(frame).to_file(folder / "a.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO", geometry_type="Polygon")
    return folder / "a.fgb"


def _parquet(folder: Path) -> Path:
    path = folder / "a.parquet"
    _frame().to_parquet(path)  # type: ignore[attr-defined]
    return path


def _text(name: str, text: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = folder / name
        path.write_text(text, encoding)
        return path

    return made


def _workbook(folder: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (
        ["表"],
        ["site_id", "名称", "lon", "lat"],
        ["1", "白涛", 107.4, 29.7],
        ["2", "李渡", "107°24′00″", "29°42′00″"],
    ):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    with zipfile.ZipFile(folder / "a.xlsx") as archive:
        # Without the part that holds the time of day.
        members = {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    return _packed(folder / "a.xlsx", members)


def _drawing(folder: Path) -> Path:
    import ezdxf

    ezdxf.options.write_fixed_meta_data_for_testing = True
    document = ezdxf.new("R12")
    space = document.modelspace()
    block = document.blocks.new("B")
    block.add_circle((0, 0), 5)
    space.add_blockref("B", (448_000, 3_280_000))
    space.add_polyline2d(
        [(448_000, 3_280_000, 0), (448_100, 3_280_000, 1), (448_100, 3_280_100, 0)], format="xyb", close=True
    )
    space.add_text("白涛").set_placement((448_050, 3_280_020))
    document.saveas(folder / "a.dxf")
    return folder / "a.dxf"


def _zip(folder: Path) -> Path:
    shape = _ogr(".shp", "ESRI Shapefile")(folder)
    parts = {part.name: part.read_bytes() for part in sorted(folder.glob("a.*")) if part.suffix != ".cpg"}
    for part in folder.glob("a.*"):
        part.unlink()
    return _packed(shape.with_suffix(".zip"), parts)


def _packed(path: Path, members: dict[str, bytes]) -> Path:
    """Write a zip that holds no time of day: the same members are the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


RING = "107.40,29.70 107.41,29.70 107.41,29.71 107.40,29.70"
KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><Placemark>'
    '<name>白涛</name><ExtendedData><Data name="性质"><value>新建</value></Data></ExtendedData>'
    "<MultiGeometry><Polygon><outerBoundaryIs>"
    f"<LinearRing><coordinates>{RING}</coordinates></LinearRing></outerBoundaryIs></Polygon><Point><coordinates>107.4,29.7,1"
    "</coordinates></Point></MultiGeometry></Placemark></Folder></Document></kml>"
)
PARCEL = (
    "[属性描述]\n格式版本号=1.01\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n带号=36\n[地块坐标]\n"
    "4,1.0,1,甲地块,面,,工业,,@\nJ1,1,3290000.000,36430000.000\nJ2,1,3290000.000,36430100.000\n"
    "J3,1,3290100.000,36430100.000\nJ4,1,3290100.000,36430000.000\nJ1,1,3290000.000,36430000.000\n"
)
LINES = '{"type":"Feature","properties":{"名称":"白涛"},"geometry":{"type":"Point","coordinates":[107.4,29.7]}}\n'


def _kmz(folder: Path) -> Path:
    return _packed(folder / "a.kmz", {"doc.kml": KML.encode()})


SEEDS: dict[str, Callable[[Path], Path]] = {
    "shapefile": _ogr(".shp", "ESRI Shapefile"),
    "gpkg": _ogr(".gpkg", "GPKG"),
    "geojson": _ogr(".geojson", "GeoJSON"),
    "geojsonseq": _text("a.geojsonl", LINES * 3),
    "fgb": _ogr(".fgb", "FlatGeobuf"),
    "fgb-rows": _without_index,
    "gdb": _ogr(".gdb", "OpenFileGDB"),
    "parquet": _parquet,
    "csv": _text("a.csv", "site_id,名称,x,y\n1,白涛,448000,3280000\n2,李渡,449000,3280000\n", "gb18030"),
    "wkt": _text("a.csv", 'site_id,wkt\n1,"POLYGON((448000 3280000,448100 3280000,448100 3280100,448000 3280000))"\n'),
    "list": _text("a.txt", "107.4, 29.7\n29.8 107.5\n东经107°24′00″ 北纬29°42′00″\n"),
    "parcel": _text("a.txt", PARCEL, "gb18030"),
    "kml": _text("a.kml", KML),
    "kmz": _kmz,
    "xlsx": _workbook,
    "dxf": _drawing,
    "mif": _ogr(".mif", "MapInfo File"),
    "tab": _ogr(".tab", "MapInfo File"),
    "zip": _zip,
}


# Mutations


def mutated(raw: bytes, seed: int) -> bytes:
    """Change some bytes of a file; the same seed gives the same change."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    out = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        at = rng.randrange(len(out) + 1)
        size = min(rng.choice((1, 1, 2, 4, 8, 64)), len(out) - at)
        match rng.randrange(8):
            case 0 | 1:
                for place in range(at, at + size):
                    out[place] ^= 1 << rng.randrange(8)
            case 2:
                out[at : at + size] = rng.randbytes(size)
            case 3:
                out[at:at] = rng.choice(WORDS)
            case 4:
                word = rng.choice(WORDS)
                out[at : at + len(word)] = word
            case 5:
                del out[at : at + size]
            case 6:
                # A piece of the file again, elsewhere.
                start = rng.randrange(len(out) + 1)
                out[at:at] = out[start : start + rng.choice((4, 16, 64, 256))]
            case _:
                if rng.randrange(4) == 0:
                    del out[at:]
    return bytes(out)


def _inside(path: Path, seed: int) -> None:
    """Change one member of an archive, packed again: few changes of packed bytes get any further than the checksum."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.Random(seed).choice(sorted(members))  # noqa: S311 - repeatable on purpose
    members[name] = mutated(members[name], seed)
    _packed(path, members)


def make(kind: str, seed: int, whole: Path, target: Path) -> Path:
    """Write the mutation of a number into an empty folder and give the file to be read.

    Of a geodatabase one of its files is changed, and every fourth one is read from a zip.

    whole: a folder with the sound file of that kind, as `seeds` makes it.
    """
    shutil.copytree(whole, target, copy_function=shutil.copyfile, dirs_exist_ok=True)
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    main = main_of(kind, target)
    if kind in ("zip", "xlsx", "kmz") and seed % 2:
        _inside(main, seed)
        return main
    # Most bytes of a geodatabase are empty pages of its indexes.
    part = rng.choice([one for one in parts(target) if kind != "gdb" or one.suffix == ".gdbtable" or seed % 3 == 0])
    part.write_bytes(mutated(part.read_bytes(), seed))
    if kind == "gdb" and seed % 4 == 0:
        members = {str(one.relative_to(target)): one.read_bytes() for one in parts(main)}
        return _packed(target / "a.zip", members)
    return main


def parts(folder: Path) -> list[Path]:
    """List the files of a folder and of the folders in it."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def main_of(kind: str, folder: Path) -> Path:
    """Give what is opened of the file of a kind: a file, or the folder of a geodatabase."""
    return next(path for path in sorted(folder.iterdir()) if path.suffix == _suffix(kind))


def _suffix(kind: str) -> str:
    special = {"shapefile": ".shp", "geojsonseq": ".geojsonl", "wkt": ".csv", "list": ".txt", "parcel": ".txt"}
    special |= {"fgb-rows": ".fgb"}
    return special.get(kind, f".{kind}")


def seeds(kind: str, folder: Path) -> Path:
    """Write the sound file of a kind into a new folder; gives the folder."""
    import pyogrio

    whole = folder / kind
    whole.mkdir(parents=True)
    # The date and the random numbers that GDAL would write into files.
    fixed = {"OGR_CURRENT_DATE": "2024-06-01T00:00:00.000Z", "OPENFILEGDB_REPRODUCIBLE_UUID": True}
    pyogrio.set_gdal_config_options(fixed)
    SEEDS[kind](whole)
    return whole


# Reading


def outcome(path: Path) -> str:  # noqa: PLR0911 - one for each kind of outcome
    """Read a file as sites, and inspect it: `sites`, `refused`, `caught`, or what broke.

    A refusal is `caught` where only the last net made a sentence of it: no reader knew the fault.
    """
    import fuling_gis as fg
    from fuling_gis.errors import CrsError, FulingError, SiteError
    from fuling_gis.sites.inspect import inspect

    try:
        inspect(path)
    except FulingError:
        pass
    except BaseException as e:  # noqa: BLE001 - that is what is looked for
        return f"broke: inspect: {type(e).__name__}: {' '.join(str(e).split())[:150]}"
    for said in (None, CRS, DEGREES):
        try:
            sites = fg.read_sites(path, crs=said)
        except (CrsError, SiteError) as e:
            # It names no system; the next time it is told one, in metres, and then one in degrees.
            if "\n" in str(e):
                return "broke: a sentence of several lines"
            continue
        except FulingError as e:
            if "\n" in str(e):
                return "broke: a sentence of several lines"
            net = re.search(NET, e.told("en"))
            return f"caught: {net[1] or net[2]}" if net else "refused"
        except MemoryError:
            return "broke: MemoryError"
        except BaseException as e:  # noqa: BLE001 - that is what is looked for
            return f"broke: {type(e).__name__}: {' '.join(str(e).split())[:150]}"
        missing = [shape is None for shape in sites.geometry]
        return "sites" if missing == [s == "rejected" for s in sites.status] else "broke: rows without geometry"
    return "refused"


def serve() -> None:
    """Read paths from stdin and answer each with its outcome: the side with the limits."""
    import warnings

    warnings.simplefilter("ignore")
    import fuling_gis as fg
    from fuling_gis import drivers

    drivers.fix()
    with tempfile.TemporaryDirectory() as folder:
        # All libraries are loaded before the limit is taken on.
        for kind in SEEDS:
            outcome(main_of(kind, seeds(kind, Path(folder))))
    del fg
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    print("ready", flush=True)
    for line in sys.stdin:
        print(outcome(Path(json.loads(line))), flush=True)


class Reader:
    """A process that reads files one after the other, begun again where one of them ended it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._line(120)

    def _line(self, seconds: float) -> str | None:
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.readline().strip() if ready else None  # type: ignore[union-attr]

    def read(self, path: Path) -> str:
        """Give what came of a file."""
        self.process.stdin.write(f"{json.dumps(str(path))}\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]
        said = self._line(SECONDS)
        if said:
            return said
        self.end()
        result = (
            "broke: longer than ten seconds"
            if said is None
            else f"broke: the process ended ({self.process.returncode})"
        )
        self.begin()
        return result

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def run(kinds: list[str], minutes: float, found: Path, first: int) -> dict[str, Counter[str]]:
    """Feed mutations to all readers in turn until the time is over; what broke is kept as files and told."""
    tally: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    end = time.monotonic() + 60 * minutes
    reader = Reader()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = {kind: seeds(kind, folder / "whole") for kind in kinds}
        seed = first
        while time.monotonic() < end:
            for kind in kinds:
                target = folder / "now"
                target.mkdir()
                result = reader.read(make(kind, seed, whole[kind], target))
                tally[kind][result.partition(":")[0]] += 1
                if ":" in result:
                    tally[kind][result] += 1
                if result.startswith("broke"):
                    print(f"{kind} {seed}: {result}", flush=True)
                    shutil.copytree(target, found / f"{kind}-{seed}", dirs_exist_ok=True)
                shutil.rmtree(target)
            seed += 1
    reader.end()
    return tally


def again(kind: str, seed: int) -> None:
    """Read one mutation again in this process."""
    import fuling_gis as fg

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "now"
        target.mkdir()
        path = make(kind, seed, seeds(kind, folder / "whole"), target)
        try:
            print(fg.read_sites(path, crs=CRS))
        except BaseException:  # noqa: BLE001 - shown as it is
            traceback.print_exc()


def main() -> None:
    """Run as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--only", nargs="+", choices=list(SEEDS), default=list(SEEDS))
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--again", nargs=2, metavar=("KIND", "NUMBER"))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.serve:
        serve()
        return
    if said.again:
        again(said.again[0], int(said.again[1]))
        return
    tally = run(said.only, said.minutes, said.found, said.first)
    print(f"\n{'reader':<12}{'files':>8}{'sites':>8}{'refused':>9}{'caught':>8}{'broke':>7}")
    for kind, counts in tally.items():
        files = sum(counts[one] for one in ("sites", "refused", "caught", "broke"))
        print(
            f"{kind:<12}{files:>8}{counts['sites']:>8}{counts['refused']:>9}{counts['caught']:>8}{counts['broke']:>7}"
        )
        for result, n in counts.items():
            if ":" in result:
                print(f"    {n} x {result}")


if __name__ == "__main__":
    main()
