"""Fuling GIS: puts every rule of the district's ecological plan to every proposed site, and keeps the evidence.

    import fuling_gis as fg
    ws = fg.open_workspace("demo")
    result = fg.screen(fg.read_sites("proposed.shp"), ws, as_of="2024-06-01")
    result.write("out/")

The three functions are loaded when they are first asked for, so that `import fuling_gis` costs next to nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuling_gis.api import open_workspace, read_sites, screen

__all__ = ["__version__", "open_workspace", "read_sites", "screen"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from fuling_gis import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
