"""The files of docs/files.md, each made by code: what people send, whole, odd, broken or meant to do harm."""

from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import shapely

# Two plots of some 1 km near Baitao in degrees, two of 200 x 100 m in metres of zone 36 (108 E), and their names.
DEGREES = [shapely.box(107.40, 29.70, 107.41, 29.71), shapely.box(107.42, 29.70, 107.43, 29.71)]
CORNERS = [(448_000.0, 3_280_000.0), (448_200.0, 3_280_000.0), (448_200.0, 3_280_100.0), (448_000.0, 3_280_100.0)]
METRES = [shapely.Polygon(CORNERS), shapely.Polygon([(x + 500, y) for x, y in CORNERS])]
PREFIX = np.array([36_000_000.0, 0.0])
COLUMNS = {"项目编号": ["A", "B"], "项目名称": ["白涛一号", "白涛二号"], "项目类型": ["化工", "港口"]}
HEAD = "[属性描述]\n坐标系={system}\n几度分带=3\n带号=36\n[地块坐标]\n"
CALLING = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>secret.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
)
CUSTOM = (
    'GEOGCS["CGCS_2000",DATUM["D_2000",SPHEROID["S_2000",6378137.0,298.2572221010041]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]]'
)

# Name of a file, with its layer, to what makes it in a folder; each name stands in the page.
MADE: dict[str, Callable[[Path], None]] = {}


def made(*names: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Note what makes the files of these names."""

    def noted(make: Callable[[Path], None]) -> Callable[[Path], None]:
        MADE.update(dict.fromkeys(names, make))
        return make

    return noted


def frame(geometry=None, system: int | None = 4490, columns=COLUMNS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=DEGREES if geometry is None else geometry, crs=system)


def layer(path: Path, geometry=None, system: int | None = 4490, columns=COLUMNS, **options) -> None:
    if path.suffix in (".shp", ".tab"):
        options.setdefault("encoding", "gb18030")
    with warnings.catch_warnings():
        # Names of fields are cut, and systems are missing, which is what such files are about.
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.write_dataframe(frame(geometry, system, columns), path, **options)


def shape(folder: Path, name: str, **options) -> Path:
    """Write a shapefile in GBK without a .cpg."""
    path = folder / f"{name}.shp"
    layer(path, **options)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def zipped(path: Path, **members: bytes | str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def shapes_zipped(path: Path, *names: str) -> None:
    """Write a zip of shapefiles under names that may have folders."""
    inner = path.parent / f"parts of {path.stem}"
    inner.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name in enumerate(names):
            whole = shape(inner, f"p{number}")
            for suffix in (".shp", ".shx", ".dbf", ".prj"):
                archive.write(whole.with_suffix(suffix), f"{name}{suffix}")


def folder_zipped(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, f"{folder.name}/{part.name}")


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> None:
    (folder / name).write_bytes(text.encode(encoding))


def cut(path: Path, size: int) -> None:
    """Take so many bytes off the end of a file."""
    path.write_bytes(path.read_bytes()[:-size])


def sheet(folder: Path, name: str, *rows: list[object], far: str = "") -> None:
    """Write a workbook. far: a cell beyond the rows that holds something, too."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if far:
        book.active[far] = "x"
    book.save(folder / name)


def feature(shape, name: str = "白涛一号") -> str:
    properties = {"项目编号": "A", "项目名称": name}
    geometry = None if shape is None else json.loads(shapely.to_geojson(shape))
    return json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}, ensure_ascii=False)


def collection(*features: str) -> str:
    return f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}'


def kml(*placemarks: str, declared: str = "UTF-8") -> str:
    inside = "".join(placemarks)
    head = f'<?xml version="1.0" encoding="{declared}"?>\n'
    return f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>'


def placemark(name: str, more: str = "") -> str:
    ring = "107.4,29.7,210 107.41,29.7,210 107.41,29.71,210 107.4,29.7,210"
    outline = f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
    return f"<Placemark><name>{name}</name>{more}<Polygon>{outline}</Polygon></Placemark>"


def parcel(*, prefix: int = 36_000_000, start: str = "J") -> str:
    lines = [f"{start}{k % 4 + 1},1,{y:.3f},{x + prefix:.3f}" for k, (x, y) in enumerate([*CORNERS, CORNERS[0]])]
    return "4,2.0,A1,甲地块,面,,工业,,@\n" + "\n".join(lines) + "\n"


def drawing(path: Path, *, closed: bool = True) -> None:
    document = ezdxf.new("R2010")
    document.modelspace().add_lwpolyline(CORNERS, close=closed, dxfattribs={"layer": "地块"})
    document.modelspace().add_text("甲地块").set_placement((448_100, 3_280_050))
    document.saveas(path)


def corner_rows() -> list[list[object]]:
    return [
        [plot, 1, f"J{k + 1}", y, x + 36_000_000 + east]
        for plot, east in (("甲", 0), ("乙", 500))
        for k, (x, y) in enumerate(CORNERS)
    ]


CORNER_HEAD: list[object] = ["地块编号", "圈号", "界址点号", "X坐标", "Y坐标"]


# Shapefiles


@made("gbk.shp")
def _(folder):
    shape(folder, "gbk")


@made("utf8.shp")
def _(folder):
    layer(folder / "utf8.shp", encoding="utf-8")


@made("cpg_lies.shp")
def _(folder):
    shape(folder, "cpg_lies").with_suffix(".cpg").write_text("UTF-8")


@made("no_prj.shp", "no_prj_told.shp")
def _(folder):
    for name in ("no_prj", "no_prj_told"):
        shape(folder, name).with_suffix(".prj").unlink()


@made("prj_gbk.shp")
def _(folder):
    path = shape(folder, "prj_gbk", geometry=METRES, system=4545)
    prj = path.with_suffix(".prj")
    named = prj.read_text().replace("CGCS2000_3_Degree_GK_CM_108E", "2000国家大地坐标系 108E", 1)
    prj.write_bytes(named.encode("gb18030"))


@made("prj_custom.shp")
def _(folder):
    shape(folder, "prj_custom").with_suffix(".prj").write_text(CUSTOM)


@made("xian80.shp", "xian80_moved.shp")
def _(folder):
    for name in ("xian80", "xian80_moved"):
        shape(folder, name, geometry=METRES, system=2381)


@made("zone_prefix.shp")
def _(folder):
    shape(folder, "zone_prefix", geometry=shapely.transform(METRES, lambda p: p + PREFIX), system=4524)


@made("zone_missing.shp")
def _(folder):
    shape(folder, "zone_missing", geometry=METRES, system=4524)


@made("web_mercator.shp")
def _(folder):
    layer(folder / "web_mercator.shp", geometry=frame().to_crs(3857).geometry.to_numpy(), system=3857)


@made("metres_called_degrees.shp")
def _(folder):
    shape(folder, "metres_called_degrees", geometry=METRES, system=4490)


@made("CAPITALS.SHP")
def _(folder):
    path = shape(folder, "CAPITALS")
    for part in folder.glob("CAPITALS.*"):
        part.rename(folder / f"{path.stem}{part.suffix.upper()}")


@made("cut.shp")
def _(folder):
    path = shape(folder, "cut")
    cut(path, 30)


@made("no_shx.shp")
def _(folder):
    shape(folder, "no_shx").with_suffix(".shx").unlink()


@made("no_dbf.shp")
def _(folder):
    shape(folder, "no_dbf").with_suffix(".dbf").unlink()


@made("no_geometry.shp")
def _(folder):
    shape(folder, "no_geometry", geometry=[DEGREES[0], None])


@made("bow_tie.shp")
def _(folder):
    tie = shapely.Polygon([(107.40, 29.70), (107.41, 29.71), (107.41, 29.70), (107.40, 29.71)])
    shape(folder, "bow_tie", geometry=[tie, DEGREES[1]])


@made("heights.shp")
def _(folder):
    shape(folder, "heights", geometry=shapely.force_3d(DEGREES, 210.0))


@made("twice.shp")
def _(folder):
    shape(folder, "twice", geometry=[DEGREES[0], DEGREES[0]])


# Archives


@made("one.zip")
def _(folder):
    shapes_zipped(folder / "one.zip", "文件夹/地块")


@made("two.zip", "two.zip::乙")
def _(folder):
    shapes_zipped(folder / "two.zip", "甲", "乙")


@made("same_names.zip", "same_names.zip::李渡/地块.shp")
def _(folder):
    shapes_zipped(folder / "same_names.zip", "白涛/地块", "李渡/地块")


@made("zip_in_zip.zip")
def _(folder):
    shapes_zipped(folder / "inner.zip", "地块")
    zipped(folder / "zip_in_zip.zip", **{"附件/图件.zip": (folder / "inner.zip").read_bytes()})


@made("six_deep.zip")
def _(folder):
    content = b"x"
    for _ in range(6):
        zipped(folder / "six_deep.zip", **{"a.zip": content})
        content = (folder / "six_deep.zip").read_bytes()


@made("swollen.zip")
def _(folder):
    zipped(folder / "swollen.zip", **{"a.csv": b"site_id,lon,lat\n" + b"1,107.4,29.7\n" * 8_000_000})


@made("pictures.zip")
def _(folder):
    zipped(folder / "pictures.zip", **{"a.jpg": b"\xff\xd8", "readme.docx": b"x"})


# Databases and formats of programs


@made("plots.gpkg")
def _(folder):
    layer(folder / "plots.gpkg")


@made("two_layers.gpkg", "two_layers.gpkg::道路")
def _(folder):
    layer(folder / "two_layers.gpkg", layer="地块")
    layer(folder / "two_layers.gpkg", layer="道路", append=True)


@made("with_styles.gpkg")
def _(folder):
    layer(folder / "with_styles.gpkg")
    with closing(sqlite3.connect(folder / "with_styles.gpkg")) as database:
        database.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 's')"
        )
        database.commit()


@made("endless_view.gpkg")
def _(folder):
    layer(folder / "endless_view.gpkg")
    with closing(sqlite3.connect(folder / "endless_view.gpkg")) as database:
        database.execute("CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n")
        database.commit()


@made("plots.gdb", "gdb.zip")
def _(folder):
    layer(folder / "plots.gdb", driver="OpenFileGDB")
    folder_zipped(folder / "gdb.zip", folder / "plots.gdb")


@made(
    "two_layers.gdb",
    "two_layers.gdb::道路",
    "two_layers_gdb.zip",
    "two_layers_gdb.zip::two_layers/道路",
    "two_layers_gdb.zip::道路",
)
def _(folder):
    path = folder / "two_layers.gdb"
    layer(path, layer="地块", driver="OpenFileGDB")
    layer(path, layer="道路", append=True, driver="OpenFileGDB")
    folder_zipped(folder / "two_layers_gdb.zip", path)


@made("地块.gdb")
def _(folder):
    columns = {"编号": ["A", "B"], "名称": ["白涛𠮷号", "镕厂"], "备注": ["", "“引号”, 逗号"]}
    layer(folder / "地块.gdb", columns=columns, layer="拟建项目", driver="OpenFileGDB")


@made("no_system.gdb")
def _(folder):
    layer(folder / "no_system.gdb", system=None, driver="OpenFileGDB")


@made("empty.gdb")
def _(folder):
    layer(
        folder / "empty.gdb", [], columns={name: [] for name in COLUMNS}, geometry_type="Polygon", driver="OpenFileGDB"
    )


@made("odd_rows.gdb")
def _(folder):
    bow = shapely.Polygon([(107.40, 29.70), (107.41, 29.71), (107.41, 29.70), (107.40, 29.71)])
    layer(folder / "odd_rows.gdb", [bow, None], geometry_type="Polygon", driver="OpenFileGDB")


@made("no_table.gdb")
def _(folder):
    layer(folder / "no_table.gdb", driver="OpenFileGDB")
    (folder / "no_table.gdb" / "a00000009.gdbtablx").write_bytes(b"")


@made("gbk.mif")
def _(folder):
    head = 'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nCoordSys Earth Projection 1, 104\n'
    write(folder, "gbk.mif", head + "Columns 1\n  项目名称 Char(40)\nData\n\nPoint 107.4 29.7\n", "gb18030")
    write(folder, "gbk.mid", '"白涛一号"\n', "gb18030")


@made("gbk.tab")
def _(folder):
    columns = {"name": COLUMNS["项目名称"]}
    layer(folder / "gbk.tab", columns=columns, driver="MapInfo File")


@made("elsewhere.tab")
def _(folder):
    write(folder, "elsewhere.tab", '!table\n!version 300\n\nDefinition Table\n  Type LINKED Charset "Neutral"\n')


@made("plots.fgb")
def _(folder):
    layer(folder / "plots.fgb", driver="FlatGeobuf")


@made("cut.fgb")
def _(folder):
    layer(folder / "cut.fgb", driver="FlatGeobuf")
    cut(folder / "cut.fgb", 40)


@made("地块.fgb")
def _(folder):
    columns = {"编号": ["A", "B"], "名称": ["白涛𠮷号", "镕厂"]}
    layer(folder / "地块.fgb", METRES, 4545, columns, driver="FlatGeobuf", layer="拟建项目")


@made("no_system.fgb")
def _(folder):
    layer(folder / "no_system.fgb", system=None, driver="FlatGeobuf")


@made("no_index.fgb")
def _(folder):
    layer(folder / "no_index.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")


@made("empty.fgb")
def _(folder):
    layer(
        folder / "empty.fgb", [], columns={name: [] for name in COLUMNS}, geometry_type="Polygon", driver="FlatGeobuf"
    )


@made("odd_rows.fgb")
def _(folder):
    bow = shapely.Polygon([(107.40, 29.70), (107.41, 29.71), (107.41, 29.70), (107.40, 29.71)])
    layer(folder / "odd_rows.fgb", [bow, None], geometry_type="Polygon", driver="FlatGeobuf", SPATIAL_INDEX="NO")


@made("plots.parquet")
def _(folder):
    frame().to_parquet(folder / "plots.parquet")


# GeoJSON


@made("plain.geojson")
def _(folder):
    write(folder, "plain.geojson", collection(*map(feature, DEGREES)))


@made("named_system.geojson")
def _(folder):
    named = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4545"}}, "features"'
    write(folder, "named_system.geojson", collection(*map(feature, METRES)).replace('"features"', named, 1))


@made("bare_geometry.geojson")
def _(folder):
    write(folder, "bare_geometry.geojson", shapely.to_geojson(DEGREES[0]))


@made("null_and_mixed.geojson")
def _(folder):
    mixed = shapely.GeometryCollection([DEGREES[0], shapely.Point(107.5, 29.7)])
    write(folder, "null_and_mixed.geojson", collection(feature(None), feature(mixed), feature(DEGREES[1])))


@made("gbk.geojson")
def _(folder):
    write(folder, "gbk.geojson", collection(feature(DEGREES[0])), "gb18030")


@made("cut.geojson")
def _(folder):
    write(folder, "cut.geojson", collection(feature(DEGREES[0]))[:-20])


@made("swapped.geojson")
def _(folder):
    write(
        folder, "swapped.geojson", collection(*(feature(shapely.transform(s, lambda p: p[:, ::-1])) for s in DEGREES))
    )


@made("lines.geojsonl")
def _(folder):
    write(folder, "lines.geojsonl", "\n".join(map(feature, DEGREES)))


@made("separated.geojsons")
def _(folder):
    write(folder, "separated.geojsons", "".join(f"\x1e{feature(shape)}\n" for shape in DEGREES))


@made("broken_line.geojsonl")
def _(folder):
    write(
        folder, "broken_line.geojsonl", "\n".join([feature(DEGREES[0]), feature(DEGREES[1])[:40], feature(DEGREES[1])])
    )


@made("datav.json", "datav_undone.json")
def _(folder):
    text = collection(feature(DEGREES[0])).replace('"项目编号": "A"', '"adcode": 500102, "center": [107.39, 29.7]')
    for name in ("datav.json", "datav_undone.json"):
        write(folder, name, text)


# KML


@made("folders.kml")
def _(folder):
    data = '<ExtendedData><Data name="项目编号"><value>{}</value></Data></ExtendedData>'
    folders = [f"<Folder><name>{n}</name>{placemark(n, data.format(n))}</Folder>" for n in ("甲", "乙")]
    write(folder, "folders.kml", kml(*folders))


@made("phone.kmz")
def _(folder):
    zipped(folder / "phone.kmz", **{"doc.kml": kml(placemark("甲"))})


@made("phone.ovkml")
def _(folder):
    text = kml(placemark("甲", "<gx:Tour/><OvStyle>1</OvStyle>"), declared="GBK")
    write(folder, "phone.ovkml", text, "gb18030")


@made("link_only.kml")
def _(folder):
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink>"
    write(folder, "link_only.kml", kml(link))


@made("entities.kml")
def _(folder):
    evil = '<!DOCTYPE kml [<!ENTITY a SYSTEM "secret.txt">]>'
    write(folder, "entities.kml", kml(placemark("&a;")).replace("\n", evil, 1))


# Drawings


@made("plot.dxf", "plot_told.dxf")
def _(folder):
    for name in ("plot.dxf", "plot_told.dxf"):
        drawing(folder / name)


@made("open_line.dxf")
def _(folder):
    drawing(folder / "open_line.dxf", closed=False)


@made("drawing.dwg")
def _(folder):
    (folder / "drawing.dwg").write_bytes(b"AC1032" + bytes(64))


# Boundary points


@made("gbk_parcel.txt")
def _(folder):
    write(folder, "gbk_parcel.txt", HEAD.format(system="2000国家大地坐标系") + parcel(), "gb18030")


@made("full_width_parcel.txt")
def _(folder):
    text = HEAD.format(system="2000国家大地坐标系") + parcel(start="")
    write(
        folder,
        "full_width_parcel.txt",
        text.translate({ord(","): "，", ord("@"): "＠", ord("["): "【", ord("]"): "】"}),
    )


@made("utf16_parcel.txt")
def _(folder):
    write(folder, "utf16_parcel.txt", HEAD.format(system="CGCS2000") + parcel(prefix=0), "utf-16")


@made("xian80_parcel.txt")
def _(folder):
    write(folder, "xian80_parcel.txt", HEAD.format(system="1980西安坐标系") + parcel())


@made("headless_parcel.txt", "headless_parcel_told.txt")
def _(folder):
    for name in ("headless_parcel.txt", "headless_parcel_told.txt"):
        write(folder, name, parcel())


@made("bad_corner_parcel.txt")
def _(folder):
    good = HEAD.format(system="2000国家大地坐标系") + parcel()
    write(folder, "bad_corner_parcel.txt", good + parcel().replace("J3,1,3280100.000", "J3,1,缺"))


# Text tables


@made("degrees.csv", "degrees_auto.csv", "degrees_gcj02.csv")
def _(folder):
    for name in ("degrees.csv", "degrees_auto.csv", "degrees_gcj02.csv"):
        write(folder, name, "项目编号,项目名称,经度,纬度\nA,白涛,107.4,29.7\nB,李渡,107.3,29.8\n")


@made("dms_gbk.csv")
def _(folder):
    write(folder, "dms_gbk.csv", "编号,经度,纬度\nA,107度24分00秒,29°42′00″\nB,107:30:00,29:75:00\n", "gb18030")


@made("survey.csv")
def _(folder):
    write(folder, "survey.csv", "编号,X,Y\nA,3280000,36448000\nB,3280100,36448200\n")


@made("no_zone.csv")
def _(folder):
    write(folder, "no_zone.csv", "编号,东坐标,北坐标\nA,448000,3280000\n")


@made("latitude_first.csv")
def _(folder):
    write(folder, "latitude_first.csv", "编号,lon,lat\nA,29.7,107.4\nB,29.8,107.3\n")


@made("one_abroad.csv")
def _(folder):
    write(folder, "one_abroad.csv", "编号,lon,lat\nA,107.4,29.7\nB,2.35,48.86\nC,,\n")


@made("all_abroad.csv")
def _(folder):
    write(folder, "all_abroad.csv", "编号,lon,lat\nA,2.35,48.86\n")


@made("metres_as_degrees.csv")
def _(folder):
    write(folder, "metres_as_degrees.csv", "编号,lon,lat\nA,448000,3280000\n")


@made("wkt.csv")
def _(folder):
    rows = "\n".join(f'{name};"{shape.wkt}"' for name, shape in zip("AB", DEGREES, strict=True))
    write(folder, "wkt.csv", f"编号;wkt\n{rows}\nC;POLYGON((1 2\n")


@made("excel_text.txt")
def _(folder):
    write(folder, "excel_text.txt", "编号\tlon\tlat\r\nA\t107.4\t29.7\r\n", "utf-16")


@made("stray_comma.csv")
def _(folder):
    write(folder, "stray_comma.csv", "编号,名称,lon,lat\nA,白涛,二号,107.4,29.7\n")


@made("no_coordinates.csv")
def _(folder):
    write(folder, "no_coordinates.csv", "编号,名称,地址\nA,白涛,白涛镇\n")


@made("names_only.csv")
def _(folder):
    write(folder, "names_only.csv", "编号,lon,lat\n")


@made("no_encoding.csv")
def _(folder):
    # No byte of UTF-8 or GB18030 is FF.
    (folder / "no_encoding.csv").write_bytes(b"id,name,lon,lat\nA,\xff\xff,107.4,29.7\n")


@made("corners.csv")
def _(folder):
    write(folder, "corners.csv", "\n".join(",".join(map(str, row)) for row in [CORNER_HEAD, *corner_rows()]))


@made("positions.txt")
def _(folder):
    more = "".join(f"厂{k} 107.{k},29.6\n" for k in range(1, 6))
    write(folder, "positions.txt", "甲厂 107.4,29.7\n丙厂 没有坐标\n乙厂 107.3,29.8\n" + more)


@made("positions_dms.txt")
def _(folder):
    write(folder, "positions_dms.txt", "J1，29°42′00″N，107°24′00″E\nJ2，29°43′00″N，107°25′00″E\n")


# Workbooks


@made("titled.xlsx")
def _(folder):
    sheet(folder, "titled.xlsx", ["涪陵区项目表"], [], ["编号", "名称", "经度", "纬度"], ["A", "白涛", 107.4, 29.7])


@made("corners.xlsx")
def _(folder):
    sheet(folder, "corners.xlsx", ["界址点成果表"], CORNER_HEAD, *corner_rows())


@made("no_coordinates.xlsx")
def _(folder):
    sheet(folder, "no_coordinates.xlsx", ["编号", "名称"], ["A", "白涛"])


@made("far_cell.xlsx")
def _(folder):
    sheet(folder, "far_cell.xlsx", ["编号", "lon", "lat"], ["A", 107.4, 29.7], far="XFD1048576")


@made("formula.xlsx")
def _(folder):
    sheet(
        folder, "formula.xlsx", ["编号", "名称", "lon", "lat"], ["A", '=HYPERLINK("http://127.0.0.1:9")', 107.4, 29.7]
    )


# No files of sites


@made("virtual.shp")
def _(folder):
    write(folder, "virtual.shp", CALLING)


@made("empty.csv")
def _(folder):
    write(folder, "empty.csv", " \n")


@made("paper.pdf")
def _(folder):
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n")


@made("old.xls")
def _(folder):
    (folder / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64))


@made("picture.tif")
def _(folder):
    (folder / "picture.tif").write_bytes(b"II*\x00" + bytes(64))


@made("page.html")
def _(folder):
    write(folder, "page.html", "<html><body>107.4,29.7</body></html>")


@made("noise.bin")
def _(folder):
    (folder / "noise.bin").write_bytes(bytes(range(256)))


@made("text_called.gpkg")
def _(folder):
    write(folder, "text_called.gpkg", "version https://git-lfs.github.com/spec/v1\n")


def layered(path: Path, names: Sequence[str]) -> Path:
    """Make a GeoPackage of layers that may be called anything, of a plot each: S0 in the first, S1 in the second.

    GDAL refuses to write some of the names, and reads all; other programs write them.
    """
    for place in range(len(names)):
        plot = gpd.GeoDataFrame({"site_id": [f"S{place}"], "geometry": METRES[:1]}, crs="EPSG:4545")
        plot.to_file(path, layer=f"layer{place}", driver="GPKG")
    with closing(sqlite3.connect(path)) as base, base:
        for place, name in enumerate(names):
            quoted = name.replace('"', '""')
            base.execute(f'ALTER TABLE layer{place} RENAME TO "{quoted}"')
            for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents", "gpkg_extensions"):
                base.execute(f"UPDATE {table} SET table_name = ? WHERE table_name = ?", (name, f"layer{place}"))  # noqa: S608 - names of ours
    return path
