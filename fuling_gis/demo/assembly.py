"""The whole demonstration workspace in one call: layers, catalogue, sample sites."""

from __future__ import annotations

import dataclasses
import itertools
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from fuling_gis.demo import (
    banks,
    cover,
    district,
    land,
    nature,
    quarters,
    relief,
    rivers,
    sources,
    towns,
    trades,
    units,
)
from fuling_gis.demo.ground import Ground, lie_of_the_land
from fuling_gis.demo.placing import sample_tables
from fuling_gis.demo.table import Table
from fuling_gis.demo.write import write_geopackage, write_shapefile
from fuling_gis.errors import OutputError
from fuling_gis.labels import sentence
from fuling_gis.unwritable import reason

_CATALOG: Final = Path(__file__).parent / "facts" / "catalog.yaml"
# Rules of the workspace itself: items of the units' access lists, with their cases.
_RULES: Final = Path(__file__).parent / "facts" / "rules"


# Where a checkout keeps what `build` has drawn already; an installed package has no such folder beside it.
_READY: Final = Path(__file__).parents[2] / "layers"


def make(folder: Path) -> list[Path]:
    """Put the demonstration workspace into a folder: a copy of the checkout's own layers, or else drawn anew.

    Both are the same, byte for byte. Gives the copies that are kept of a catalogue and of rules that somebody had
    changed there. Raises OutputError where the folder cannot be written to.
    """
    layers = Path(folder) / "layers"
    try:
        kept = _keep_changed(Path(folder))
        if _is_ready() and layers.resolve() != _READY:
            shutil.copytree(_READY, layers, dirs_exist_ok=True)
            shutil.copytree(_RULES, Path(folder) / "rules", dirs_exist_ok=True)
            return kept
    except (OSError, shutil.Error) as e:
        raise _unwritable(layers, e) from e
    build(folder)
    return kept


def _keep_changed(folder: Path) -> list[Path]:
    """Keep a copy of each file that people edit and that is about to be written over with something else."""
    ours = {folder / "layers" / "catalog.yaml": _CATALOG}
    ours |= {folder / "rules" / path.relative_to(_RULES): path for path in _RULES.rglob("*.yaml")}
    kept = []
    for there, fresh in ours.items():
        if there.is_file() and there.read_bytes() != fresh.read_bytes():
            names = (there.with_name(f"{there.name}.bak{number or ''}") for number in itertools.count())
            kept.append(next(name for name in names if not name.exists()))
            shutil.copy2(there, kept[-1])
    return kept


def _is_ready() -> bool:
    """Tell whether the layers beside the package are those that this package draws."""
    catalog = _READY / "catalog.yaml"
    there = all((_READY / name).is_file() for name in ("demo.gpkg", "dem.tif", "cover.tif"))
    return there and catalog.is_file() and catalog.read_bytes() == _CATALOG.read_bytes()


def build(folder: Path) -> None:
    """Write the demonstration workspace into a folder: layers/ with catalogue, vectors, rasters, samples; rules/.

    Files of these names are replaced. Takes some thirty seconds; needs no network and nothing but the package.
    Raises OutputError where the folder cannot be written to.
    """
    layers = Path(folder) / "layers"
    tables = draw()
    try:
        (layers / "samples").mkdir(parents=True, exist_ok=True)
        write_geopackage(layers / "demo.gpkg", tables)
        write_rasters(layers, tables)
        shutil.copyfile(_CATALOG, layers / "catalog.yaml")
        shutil.copytree(_RULES, Path(folder) / "rules", dirs_exist_ok=True)
        for name, table in sample_tables(tables).items():
            write_shapefile(layers / "samples" / f"{name}.shp", table)
    except (OSError, RuntimeError) as e:
        raise _unwritable(layers, e) from e


def write_rasters(layers: Path, tables: Mapping[str, Table]) -> None:
    """Write the height model and the land cover."""
    heights, grid = relief.heights(shapely.union_all(tables["district"].geometry), tables["river"])
    classes, part = cover.cover(grid, heights, tables)
    writers: dict[str, Callable[[Path], None]] = {
        "dem.tif": lambda path: relief.write_heights(path, heights, grid),
        "cover.tif": lambda path: cover.write_cover(path, classes, part),
    }
    for name, write in writers.items():
        unfinished = layers / f"part-{name}"
        try:
            write(unfinished)
            os.replace(unfinished, layers / name)  # noqa: PTH105  replaces on Windows too
        finally:
            unfinished.unlink(missing_ok=True)


def _unwritable(layers: Path, fault: Exception) -> OutputError:
    return OutputError(sentence("errors_run.demo_unwritable", folder=layers, why=reason(fault)))


def draw() -> dict[str, Table]:
    """Draw every layer of the district, by the name it has in the GeoPackage."""
    sketch = district.outline()
    river = rivers.rivers(sketch)
    water = shapely.union_all(river.geometry[:2])
    park = towns.parks(water)
    ground = lie_of_the_land(sketch, river, park.geometry)
    reserve = nature.reserves(ground)
    worth = nature.worth(ground, reserve)
    unit = units.management_units(ground, worth)
    # From here on the outline has every vertex that a unit has on it.
    ground = dataclasses.replace(ground, district=unit.district)
    built_up = towns.built_up(ground)
    drawn = {
        "district": Table.of(unit.district, {"XZQDM": ["500102"], "XZQMC": ["涪陵区"]}),
        "red_line": nature.red_line(ground, worth),
        "nature_reserve": reserve,
        "management_unit_2020": unit.of_2020,
        "management_unit_2023": unit.of_2023,
        "river": river,
        "river_extent": Table.of(rivers.extent(unit.district), {"FWBM": ["RX01"], "FWMC": ["水系完整范围"]}),
        "bank_zone": rivers.bank_zones(river, unit.district),
        "reservoir": rivers.reservoirs(),
        "industrial_park": park,
        "built_up": built_up,
        "urban_boundary": towns.urban_boundary(ground, built_up, park),
        "water_source": sources.water_sources(ground, built_up, park),
        "function_zone": land.function_zones(unit),
    }
    return {
        **drawn,
        **_land(ground, worth, drawn),
        **_banks(ground, drawn),
        **_towns(ground, drawn),
        **_trades(ground, drawn),
    }


def _land(ground: Ground, worth: nature.Worth, drawn: Mapping[str, Table]) -> dict[str, Table]:
    water = ground.great_water
    settled = _joined(drawn, "urban_boundary", "built_up", "industrial_park")
    forest, woods = land.forest(ground, worth, settled)
    taken = shapely.union_all(
        [shapely.buffer(settled, 20.0), woods, shapely.buffer(water, 40.0), drawn["water_source"].whole]
    )
    fields = land.farmland(ground, taken)
    erosion = land.erosion_areas(ground)
    return {
        "forest": forest,
        "farmland": fields,
        "farmland_class": trades.farmland_classes(ground, fields),
        "vegetation": land.vegetation(ground, woods),
        "ecological_space": land.ecological_space(ground, worth),
        "framework": land.framework(ground, drawn["reservoir"], water),
        "erosion_area": erosion,
        "karst": land.karst(ground, erosion.geometry[0]),
        "shale_gas": trades.gas_field(ground),
    }


def _banks(ground: Ground, drawn: Mapping[str, Table]) -> dict[str, Table]:
    river, ponds = drawn["river"], drawn["reservoir"]
    return {
        "wetland": banks.wetlands(ground, river, ponds),
        "shoreline_zone": banks.shoreline(ground, river),
        "drawdown": banks.drawdown(ground, river),
        "barrier_zone": banks.barrier_zone(ground, ground.great_water),
        "aquaculture_zone": banks.aquaculture(ground, river, ponds),
    }


def _towns(ground: Ground, drawn: Mapping[str, Table]) -> dict[str, Table]:
    built_up = drawn["built_up"]
    city = built_up.geometry[0]
    return {
        "fuel_ban": quarters.fuel_ban(city, ground.great_water),
        "firework_ban": quarters.firework_ban(city, ground),
        "traffic_limit": quarters.traffic_limit(city, ground),
        "noise_sensitive": quarters.noise_sensitive(ground, built_up),
        "population": quarters.population(ground, built_up),
        "sensitive_area": quarters.sensitive_areas(ground, _joined(drawn, "red_line", "urban_boundary", "river")),
        "building": quarters.buildings(ground, city),
        "contaminated_land": quarters.contaminated_land(ground, drawn["industrial_park"].whole),
        "green_line": quarters.green_line(ground, city),
    }


def _trades(ground: Ground, drawn: Mapping[str, Table]) -> dict[str, Table]:
    river = drawn["river"]
    settled = _joined(drawn, "urban_boundary", "river", "water_source", "nature_reserve")
    return {
        "mine": trades.mines(ground, drawn["red_line"], settled),
        "tailings": trades.tailings(ground),
        "livestock_zone": trades.livestock_zones(ground, settled),
        "outfall": trades.outfalls(ground, river),
        "section": trades.sections(ground, river),
        "waste_facility": trades.waste_facilities(ground, settled),
        "port": trades.ports(ground, river),
        "hydropower": trades.hydropower(ground, river),
    }


def _joined(drawn: Mapping[str, Table], *names: str) -> Any:
    return shapely.union_all(np.concatenate([drawn[name].geometry for name in names]))
