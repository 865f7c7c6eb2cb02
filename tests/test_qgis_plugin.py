"""The QGIS plugin: how it calls the command, its package, and, where QGIS is installed, a check from inside QGIS."""

from __future__ import annotations

import configparser
import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fuling_gis.demo.assembly import make

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "qgis_plugin" / "fuling_gis_check"
COMMAND = runpy.run_path(str(PLUGIN / "command.py"))
QGIS = shutil.which("qgis_process.bin") or next(
    (p for p in ("/usr/lib/qgis/qgis_process.bin",) if Path(p).exists()), None
)


def test_texts_are_handed_over_as_words_of_their_own():
    words = COMMAND["arguments"]("a b.gpkg", "w; rm -rf /", "out", "zh", "2024-06-01", 5, ["nature=新建"])
    assert words[1] == "a b.gpkg"
    assert words[words.index("--workspace") + 1] == "w; rm -rf /"
    assert words[words.index("--site-accuracy") + 1] == "5.0"
    assert words[words.index("--set") + 1] == "nature=新建"


def test_what_leads_to_the_libraries_of_qgis_is_kept_from_the_command():
    known = {
        "PROJ_LIB": "x",
        "GDAL_DATA": "x",
        "PYTHONPATH": "x",
        "PYTHONHOME": "x",
        "QT_PLUGIN_PATH": "x",
        "PATH": "p",
        "HOME": "h",
    }
    assert COMMAND["environment"](known) == {"PATH": "p", "HOME": "h"}


def test_the_command_is_the_one_told_or_that_of_the_path(tmp_path):
    assert COMMAND["find"](str(tmp_path / "nowhere")) == ""
    assert COMMAND["find"](sys.executable) == sys.executable


def test_status_and_words_of_the_command_come_back_and_it_can_be_cancelled():
    run = COMMAND["run"]
    program = "import sys; print('出'); print('误', file=sys.stderr); sys.exit(3)"
    status, out, err = run(sys.executable, ["-X", "utf8", "-c", program])
    assert (status, out.strip(), err.strip()) == (3, "出", "误")
    assert run(sys.executable, ["-c", "import time; time.sleep(60)"], lambda: True)[0] is None


def test_every_word_is_there_in_both_languages():
    words = runpy.run_path(str(PLUGIN / "words.py"))["WORDS"]
    assert all(len(pair) == 2 and all(pair) for pair in words.values())


def test_the_metadata_say_what_qgis_asks_for():
    told = configparser.ConfigParser(interpolation=None)
    told.read(PLUGIN / "metadata.txt", "utf-8")
    general = told["general"]
    assert general["hasProcessingProvider"] == "yes"
    assert (PLUGIN / general["icon"]).is_file()
    assert {"name", "qgisMinimumVersion", "description", "version", "author", "about"} <= set(general) | {
        "qgisMinimumVersion"
    }


def test_the_package_is_the_same_each_time(tmp_path):
    build = runpy.run_path(str(ROOT / "scripts" / "build_qgis_plugin.py"))["build"]
    first, second = build(tmp_path / "a"), build(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as packed:
        names = packed.namelist()
    assert {"fuling_gis_check/__init__.py", "fuling_gis_check/metadata.txt", "fuling_gis_check/icon.svg"} <= set(names)
    assert not [name for name in names if name.endswith(".pyc")]


ORDER = runpy.run_path(str(PLUGIN / "order.py"))


def test_zones_are_those_that_findings_name_with_rivers_and_district_below_them(tmp_path):
    (tmp_path / "a.gpkg").touch()
    known = {
        one: {"path": "a.gpkg", "layer": one, "title": {"zh": one, "en": one}}
        for one in ("district", "river", "red_line", "park", "forest")
    }
    known["gone"] = {"path": "gone.gpkg", "title": {}}
    known["far"] = {"path": "postgresql://a/b", "title": {}}
    found = ORDER["zones"]({"layers": known}, {"park", "red_line", "river", "gone", "far", "NULL"}, str(tmp_path))
    assert [one["id"] for one in found] == ["red_line", "park", "river", "district"]
    assert found[0]["source"] == f"{tmp_path / 'a.gpkg'}|layername=red_line"
    assert ORDER["zones"]({}, {"park"}, str(tmp_path)) == []


def test_a_layer_goes_below_those_of_a_lesser_rank_in_whatever_order_they_come():
    place, ranks = ORDER["place"], []
    for rank in (3, 0, 2, 1):
        ranks.insert(place(ranks, rank), rank)
    assert ranks == [0, 1, 2, 3]


# Loads a result as a person does who presses Run, and tells what then stands in the list of layers, top to bottom.
LOADING = """
import json, sys
sys.path[:0] = ["/usr/share/qgis/python/plugins", sys.argv[1]]
from qgis.core import QgsApplication, QgsProject, QgsSettings
app = QgsApplication([], False)
app.initQgis()
QgsSettings().setValue("locale/userLocale", "zh_CN")
from processing.core.Processing import Processing
from processing.core.ProcessingConfig import ProcessingConfig
Processing.initialize()
from fuling_gis_check.provider import FulingGisProvider
provider = FulingGisProvider()
QgsApplication.processingRegistry().addProvider(provider)
ProcessingConfig.setSettingValue("FULING_GIS_COMMAND", sys.argv[2])
import processing
processing.runAndLoadResults("fulinggis:load", {"FOLDER": sys.argv[3], "WORKSPACE": sys.argv[4]})
told = []
for group in QgsProject.instance().layerTreeRoot().children():
    layers = []
    for node in getattr(group, "children", list)():
        fields = node.layer().fields()
        names = [node.layer().attributeDisplayName(n) for n in range(len(fields))]
        layers.append([node.layer().name(), node.itemVisibilityChecked(), names])
    told.append([group.name(), layers])
print("TOLD" + json.dumps(told))
"""


@pytest.mark.skipif(
    QGIS is None, reason="QGIS is not installed: no result is loaded inside it (Debian: qgis, python3-qgis)"
)
def test_a_result_is_loaded_in_order_into_a_group_with_columns_titled_in_chinese(tmp_path):
    make(tmp_path / "demo")
    command = Path(sys.executable).parent / "fuling-gis"
    sites = tmp_path / "demo" / "layers" / "samples" / "polygons.shp"
    check = ["check", sites, "-w", tmp_path / "demo", "-o", tmp_path / "out", "--as-of", "2024-06-01"]
    subprocess.run([command, *check, "--lang", "zh", "--outputs", "gpkg", "--quiet"], check=True, capture_output=True)
    program = tmp_path / "loading.py"
    program.write_text(LOADING, "utf-8")
    environment = {
        "HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    words = ["/usr/bin/python3", program, PLUGIN.parent, command, tmp_path / "out", tmp_path / "demo"]
    done = subprocess.run(
        list(map(str, words)), env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    line = next((one for one in done.stdout.splitlines() if one.startswith("TOLD")), None)
    assert line is not None, done.stdout[-2000:] + done.stderr[-2000:]
    ((group, layers),) = json.loads(line.removeprefix("TOLD"))
    assert group == "涪陵选址筛查: out"
    titles = [title for title, _, _ in layers]
    assert titles[:2] == ["命中的规则", "地块结论"]
    assert titles[-2:] == ["河流水域", "涪陵区（示意）"]
    assert "生态保护红线" in titles
    shown = {title: seen for title, seen, _ in layers}
    assert not shown["命中的规则"]
    assert all(seen for title, seen in shown.items() if title != "命中的规则")
    columns = {title: names for title, _, names in layers}
    assert "结论" in columns["地块结论"]
    assert {"编号", "名称"} <= set(columns["生态保护红线"])


@pytest.mark.skipif(
    QGIS is None, reason="QGIS is not installed: the plugin is not run inside it (Debian: qgis, python3-qgis)"
)
def test_a_check_from_inside_qgis_leaves_a_result(tmp_path):
    make(tmp_path / "demo")
    home = tmp_path / "home"
    plugins = home / ".local" / "share" / "QGIS" / "QGIS3" / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    shutil.copytree(PLUGIN, plugins / PLUGIN.name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = plugins.parents[1] / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True)
    command = Path(sys.executable).parent / "fuling-gis"
    settings.write_text(f"[Processing]\nConfiguration\\FULING_GIS_COMMAND={command}\n", "utf-8")
    environment = {
        "HOME": str(home), "PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }  # fmt: skip
    enable = subprocess.run(
        [str(QGIS), "plugins", "enable", PLUGIN.name], env=environment, capture_output=True, text=True, check=False
    )
    assert "fuling_gis_check" in enable.stdout + enable.stderr, enable.stderr
    words = [
        "run",
        "fulinggis:check",
        "--",
        f"SITES={tmp_path}/demo/layers/samples/polygons.shp",
        f"WORKSPACE={tmp_path}/demo",
    ]
    words += [f"OUT={tmp_path}/out", "AS_OF=2024-06-01", "OPEN=true"]
    done = subprocess.run(
        [str(QGIS), *words], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert (tmp_path / "out" / "result.gpkg").exists(), done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert told["as_of"] == "2024-06-01"
    assert (tmp_path / "out" / "report.docx").stat().st_size > 10_000
