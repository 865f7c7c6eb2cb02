"""What of a result is shown, in which order: findings over sites over the zones that findings speak of.

Nothing here needs QGIS but the class that puts layers into their group.
"""

import os

# Drawn lowest, in this order: all else lies in them.
LAST = ("river", "district")
# Outlines of zones, in turn; none is a verdict's.
COLOURS = ("#8C564B", "#7F7F00", "#5E3C99", "#1B6CA8", "#4D4D4D")


def zones(told, named, folder):
    """Give the layers of a workspace that findings name, each with where it is, and rivers and district below them.

    told: what `fuling-gis layers list --json` says. named: ids of layers. folder: the workspace's folder of layers.
    Layers of databases, and files that are not there, are left out.
    """
    known = told.get("layers", {})
    ids = [one for one in known if one in named and one not in LAST] + [one for one in LAST if one in known]
    found = []
    for one in ids:
        layer = known[one]
        path = os.path.join(folder, str(layer.get("path") or ""))
        if "://" in str(layer.get("path")) or not os.path.isfile(path):
            continue
        part = "|layername=" + layer["layer"] if layer.get("layer") else ""
        found.append({"id": one, "title": layer["title"], "source": path + part, "fields": layer.get("fields") or {}})
    return found


def place(ranks, rank):
    """Give where a layer of a rank belongs among others, given theirs from top to bottom."""
    return sum(1 for one in ranks if one <= rank)


def made(name, rank, shown):
    """Give what puts a layer into its group once QGIS has loaded it. rank: 0 is the top. shown: whether it is drawn."""
    from qgis.core import QgsProcessingLayerPostProcessorInterface, QgsProject

    class Grouped(QgsProcessingLayerPostProcessorInterface):
        """Moves a layer from where QGIS puts it into the group of its result."""

        def postProcessLayer(self, layer, context, feedback):  # noqa: N802 - QGIS's name
            """Move it."""
            root = (context.project() or QgsProject.instance()).layerTreeRoot()
            node = root.findLayer(layer.id())
            if node is None:
                return
            group = root.findGroup(name) or root.insertGroup(0, name)
            ranks = [int(child.customProperty("fuling_gis_rank", 0)) for child in group.children()]
            moved = node.clone()
            moved.setCustomProperty("fuling_gis_rank", rank)
            group.insertChildNode(place(ranks, rank), moved)
            moved.setItemVisibilityChecked(shown)
            node.parent().removeChildNode(node)

    return Grouped()
