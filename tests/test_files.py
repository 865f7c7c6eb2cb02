"""Every file of docs/files.md has the outcome that stands beside it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from files_made import MADE

from fuling_gis.errors import FulingError
from fuling_gis.sites.local import local_shift
from fuling_gis.sites.read import SiteOptions, open_sites

PAGE = (Path(__file__).parents[1] / "docs" / "files.md").read_text("utf-8")
REAL = Path(__file__).parents[2] / "shared" / "real" / "messy"
ROW = re.compile(r"\| `([^`]+)`(?: `(--[^`]+)`)? \| ([^|]+) \| ([^|]+) \|")
PARTS = (".dbf", ".shx", ".prj", ".sbn", ".sbx", ".mid")


def rows(part):
    return [found.groups() for found in map(ROW.fullmatch, part.splitlines()) if found]


OURS, THEIRS = (rows(part) for part in PAGE.split("## Real files"))


def read(path, said):
    """Give driver, encoding, system and states as the page writes them."""
    word, _, value = (said or "").partition(" ")
    options = SiteOptions(
        crs=value if word == "--crs" else None,
        crs_shift=local_shift(value) if word == "--crs-shift" else None,
        lang="en",
    )
    source = open_sites(path, target="EPSG:4545", options=options)
    sites = source.read()
    (about,) = source.inputs
    states = ", ".join(f"{state} {count}" for state, count in sorted(Counter(sites.status.tolist()).items()))
    return f"{about['driver']}, {about['encoding']}, {about['crs']}: {states}"


def compare(path, said, outcome):
    if not re.match(r"\w+Error: ", outcome):
        assert read(path, said) == outcome
        return
    kind, gist = outcome.split(": ", 1)
    with pytest.raises(FulingError) as told:
        read(path, said)
    assert kind in [one.__name__ for one in type(told.value).__mro__]
    assert gist in str(told.value)
    assert "\n" not in str(told.value)
    assert Path(path.partition("::")[0]).name in str(told.value)


def test_the_page_has_each_made_file_once_and_there_are_at_least_sixty():
    assert [name for name, *_ in OURS] == list(dict.fromkeys(name for name, *_ in OURS))
    assert {name for name, *_ in OURS} == set(MADE)
    assert len(MADE) >= 60


@pytest.mark.parametrize(("name", "said", "what", "outcome"), OURS, ids=lambda value: str(value)[:40])
def test_a_made_file_has_the_outcome_of_the_page(tmp_path, name, said, what, outcome):
    MADE[name](tmp_path)
    compare(str(tmp_path / name), said, outcome)


SITES = (Path(__file__).parents[1] / "docs" / "sites.md").read_text("utf-8")
SHOWN = [block.splitlines() for block in re.findall(r"(?ms)^\$ (fuling-gis inspect .+?)(?=^\n|^```)", SITES)]


def test_the_page_shows_eight_files():
    assert len(SHOWN) == 8


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown[0])
def test_a_look_at_a_file_tells_what_the_page_shows(fuling, tmp_path, monkeypatch, shown):
    command, *lines = shown
    _, verb, name, *options = command.split()
    MADE[name](tmp_path)
    monkeypatch.chdir(tmp_path)
    told = json.loads(fuling(verb, name, *options, "--json").out)
    assert set(lines) <= {f"{line['about']}: {line['text']}" for line in told}


def test_every_real_file_stands_in_the_page():
    if not REAL.is_dir():
        pytest.skip("the collection of real files is not beside this checkout")
    there = {str(path.relative_to(REAL)) for path in REAL.glob("*/*") if path.suffix not in PARTS}
    assert {name.partition("::")[0] for name, *_ in THEIRS} == there


@pytest.mark.parametrize(("name", "said", "what", "outcome"), THEIRS, ids=lambda value: str(value)[:40])
def test_a_real_file_has_the_outcome_of_the_page(name, said, what, outcome):
    if not REAL.is_dir():
        pytest.skip("the collection of real files is not beside this checkout")
    compare(str(REAL / name), said, outcome)
