"""The whole demonstration workspace in one call: layers, catalogue, sample sites."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Final

import shapely

from fuling_gis.demo import district, nature, rivers, sources, towns, units
from fuling_gis.demo.ground import lie_of_the_land
from fuling_gis.demo.samples import sample_tables
from fuling_gis.demo.table import Table
from fuling_gis.demo.write import write_geopackage, write_shapefile

_CATALOG: Final = Path(__file__).parent / "facts" / "catalog.yaml"


def build(folder: Path) -> None:
    """Write the demonstration workspace into a folder: layers/catalog.yaml, layers/demo.gpkg, layers/samples/.

    Files of these names are replaced. Takes some ten seconds; needs no network and nothing but the package.
    """
    layers = Path(folder) / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    tables = draw()
    write_geopackage(layers / "demo.gpkg", tables)
    shutil.copyfile(_CATALOG, layers / "catalog.yaml")
    (layers / "samples").mkdir(exist_ok=True)
    for name, table in sample_tables(tables).items():
        write_shapefile(layers / "samples" / f"{name}.shp", table)


def draw() -> dict[str, Table]:
    """Draw every layer of the district, by the name it has in the GeoPackage."""
    sketch = district.outline()
    river = rivers.rivers(sketch)
    park = towns.parks(shapely.union_all(river.geometry[:2]))
    ground = lie_of_the_land(sketch, river, park.geometry)
    reserve = nature.reserves(ground)
    worth = nature.worth(ground, reserve)
    unit = units.management_units(ground, worth)
    # From here on the outline has every vertex that a unit has on it.
    ground = dataclasses.replace(ground, district=unit.district)
    built_up = towns.built_up(ground)
    return {
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
    }
