"""Every command and every program in the pages a newcomer reads is run as it stands there."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import geopandas as gpd
import pytest
from small_workspace import make_sites, make_workspace

from fuling_gis.cli import main

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "README.zh.md", "docs/api.md")
BOOTSTRAP = runpy.run_path(str(ROOT / "scripts" / "bootstrap.py"))


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Put a reader before a workspace with a file of sites, as the pages assume."""
    make_workspace(tmp_path)
    rows = make_sites(tmp_path / "rows.csv", [("A", "chemical", 0, 600), ("B", "commerce", -2000, -3000)])
    table = gpd.pd.read_csv(rows, dtype={"site_id": str})
    place = gpd.points_from_xy(table.pop("x"), table.pop("y"), crs="EPSG:4545")
    (tmp_path / "layers" / "samples").mkdir()
    for name in ("layers/samples/points.shp", "proposed.shp"):
        gpd.GeoDataFrame(table, geometry=place).to_file(tmp_path / name, encoding="gb18030")
    for name in ("district", "red_line"):
        layer = gpd.read_file(tmp_path / "layers" / "small.gpkg", layer=name)
        layer.to_file(tmp_path / f"{name.replace('_', '')}.shp", encoding="gb18030")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def briefly(monkeypatch):
    """Let a page be served at any free port, and only until it is ready."""
    serving = pytest.importorskip("fuling_gis.serve.run", reason="the extra `web` is not installed")
    listening, startup = serving._listening, serving._Server.startup

    async def started(self, sockets=None):
        await startup(self, sockets)
        self.should_exit = True

    monkeypatch.setattr(serving, "_listening", lambda host, _port: listening(host, 0))
    monkeypatch.setattr(serving._Server, "startup", started)


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_every_command_of_a_page_works(page, desk, briefly):
    ran = 0
    for line in commands(page):
        program, *words = shlex.split(line)
        if program == "fuling-gis":
            assert main(words) == 0, line
        else:
            assert (program, words[0]) == ("python3", "scripts/bootstrap.py"), line
            assert BOOTSTRAP["_arguments"](words[1:])[1] == [], line
        ran += 1
    assert ran >= 7
    assert (desk / "maps" / "points" / "map.html").is_file()


@pytest.mark.parametrize("page", PAGES)
def test_every_program_of_a_page_works(page, desk):
    programs = blocks(page, "python")
    assert programs
    for program in programs:
        exec(compile(program, page, "exec"), {})  # noqa: S102 - the page is our own
    assert (desk / "out" / "sites.csv").is_file()


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_what_a_newcomer_types_as_it_stands_is_about_files_of_the_checkout(page):
    checked = [shlex.split(line) for line in commands(page) if "inspect" in line or " check " in line]
    files = {word for words in checked for word in words if word.endswith(".shp")}
    files |= {name for program in blocks(page, "python") for name in re.findall(r'read_sites\("(.+?)"\)', program)}
    assert files == {"layers/samples/points.shp"}
    assert (ROOT / "layers/samples/points.shp").is_file()


def test_both_readmes_give_the_same_commands():
    english, chinese = (commands(page) for page in ("README.md", "README.zh.md"))
    assert [line.replace("--lang en", "--lang zh") for line in english] == chinese


def test_the_shell_commands_of_the_other_pages_exist():
    names = set(runpy.run_path(str(ROOT / "scripts" / "build_cli_page.py"))["known_commands"]())
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for words in re.findall(r"`fuling-gis ([a-z]+(?: [a-z]+)?)", page.read_text("utf-8")):
            assert words in names or words.split()[0] in names, f"{page.name}: fuling-gis {words}"
