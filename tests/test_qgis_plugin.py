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
