"""The two algorithms: check the sites of a layer, and load a result."""

import json
import os
import tempfile

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import (
    QgsFillSymbol,
    QgsLineSymbol,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsProject,
    QgsSingleSymbolRenderer,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from . import command, order
from .words import WORDS, language, word

# From top to bottom.
LAYERS = ("findings", "sites")
_KEPT = []


class _Algorithm(QgsProcessingAlgorithm):
    """What both have in common."""

    def createInstance(self):  # noqa: N802 - QGIS's name
        """Give a new one of the same kind."""
        return type(self)()

    def displayName(self):  # noqa: N802 - QGIS's name
        """Name it for people."""
        return word(self.name())

    def shortHelpString(self):  # noqa: N802 - QGIS's name
        """Say what it is for."""
        return word(self.name() + "_help")

    def _offered(self, folder, context, workspace=""):
        """Let QGIS load a result into a group of its own: findings, sites, and below them the zones they speak of.

        Findings and sites have their styles and the titles of their columns in the file. workspace: where the zones
        are; none are loaded without it.
        """
        path = os.path.join(folder, "result.gpkg")
        if not os.path.isfile(path):
            raise QgsProcessingException(word("no_result", folder=folder))
        group = word("group") + ": " + os.path.basename(os.path.normpath(folder))
        _KEPT.clear()
        named = set()
        rank = 0
        for name in LAYERS:
            layer = QgsVectorLayer(path + "|layername=" + name, word("layer_" + name), "ogr")
            if not layer.isValid():
                continue
            layer.loadDefaultStyle()
            if name == "findings":
                named = {str(one) for one in layer.uniqueValues(layer.fields().indexOf("layer"))}
            self._handed(layer, name, group, rank, context)
            rank += 1
        for number, zone in enumerate(self._zones(folder, workspace, named)):
            title = zone["title"][language()]
            layer = QgsVectorLayer(zone["source"], title, "ogr")
            if not layer.isValid():
                continue
            _outlined(layer, zone, order.COLOURS[number % len(order.COLOURS)])
            self._handed(layer, zone["id"], group, rank, context)
            rank += 1

    def _handed(self, layer, name, group, rank, context):
        details = QgsProcessingContext.LayerDetails(layer.name(), context.project() or QgsProject.instance(), name)
        # QGIS does not keep it alive itself.
        # Findings have the outlines of their sites and would hide the verdicts: they are switched on when wanted.
        _KEPT.append(order.made(group, rank, name != "findings"))
        details.setPostProcessor(_KEPT[-1])
        context.temporaryLayerStore().addMapLayer(layer)
        context.addLayerToLoadOnCompletion(layer.id(), details)

    def _zones(self, folder, workspace, named):
        """Ask the command which layers a workspace had on the day of a result; [] where it does not say."""
        found = command.find(ProcessingConfig.getSetting(command.SETTING) or "")
        if not (workspace and found):
            return []
        try:
            with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
                day = str(json.load(file)["as_of"])
            words = ["layers", "list", "--workspace", workspace, "--as-of", day, "--json", "--quiet"]
            status, said, _ = command.run(found, words)
            told = json.loads(said) if status == 0 else {}
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return order.zones(told, named, os.path.join(workspace, "layers"))


def _outlined(layer, zone, colour):
    """Draw a zone by its outline alone, and give its columns the titles of what they mean."""
    kind = layer.geometryType()
    if kind == QgsWkbTypes.PolygonGeometry:
        symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": colour, "outline_width": "0.5"})
        layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    elif kind == QgsWkbTypes.LineGeometry:
        symbol = QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.5"})
        layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    for field, column in zone["fields"].items():
        place = layer.fields().indexOf(str(column))
        if place >= 0 and "field_" + field in WORDS:
            layer.setFieldAlias(place, word("field_" + field))


class LoadResult(_Algorithm):
    """Load result.gpkg with its styles."""

    def name(self):
        """Name it for scripts."""
        return "load"

    def initAlgorithm(self, config=None):  # noqa: N802 - QGIS's name
        """Declare the parameters."""
        folder = QgsProcessingParameterFile.Folder
        self.addParameter(QgsProcessingParameterFile("FOLDER", word("out"), behavior=folder))
        zones = QgsProcessingParameterFile("WORKSPACE", word("zones_of"), behavior=folder, optional=True)
        self.addParameter(zones)

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802 - QGIS's name
        """Load."""
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        self._offered(folder, context, self.parameterAsFile(parameters, "WORKSPACE", context))
        return {"FOLDER": folder}


class CheckSites(_Algorithm):
    """Check the sites of a layer."""

    def name(self):
        """Name it for scripts."""
        return "check"

    def initAlgorithm(self, config=None):  # noqa: N802 - QGIS's name
        """Declare the parameters."""
        self.addParameter(
            QgsProcessingParameterVectorLayer("SITES", word("sites"), [QgsProcessing.TypeVectorAnyGeometry])
        )
        folder = QgsProcessingParameterFile.Folder
        self.addParameter(QgsProcessingParameterFile("WORKSPACE", word("workspace"), behavior=folder))
        self.addParameter(QgsProcessingParameterString("AS_OF", word("as_of"), optional=True))
        number = QgsProcessingParameterNumber.Double
        accuracy = QgsProcessingParameterNumber("ACCURACY", word("accuracy"), number, 0.0, optional=True, minValue=0.0)
        self.addParameter(accuracy)
        self.addParameter(QgsProcessingParameterString("FILL", word("fill"), optional=True))
        self.addParameter(QgsProcessingParameterFolderDestination("OUT", word("out")))
        self.addParameter(QgsProcessingParameterBoolean("OPEN", word("open"), True))

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802 - QGIS's name
        """Write the layer to a file, call the command, and load what it found."""
        found = command.find(ProcessingConfig.getSetting(command.SETTING) or "")
        if not found:
            raise QgsProcessingException(word("no_command"))
        layer = self.parameterAsVectorLayer(parameters, "SITES", context)
        if not layer.crs().isValid():
            raise QgsProcessingException(word("no_crs"))
        out = self.parameterAsString(parameters, "OUT", context)
        with tempfile.TemporaryDirectory() as folder:
            sites = os.path.join(folder, "sites.gpkg")
            self._written(layer, sites, context)
            words = command.arguments(
                sites,
                self.parameterAsFile(parameters, "WORKSPACE", context),
                out,
                language(),
                self.parameterAsString(parameters, "AS_OF", context).strip(),
                self.parameterAsDouble(parameters, "ACCURACY", context),
                [one.strip() for one in self.parameterAsString(parameters, "FILL", context).split(";") if one.strip()],
            )
            status, said, complaint = command.run(found, words, feedback.isCanceled)
        if status is None:
            raise QgsProcessingException(word("cancelled"))
        if status not in (0, 3):
            raise QgsProcessingException(word("failed", status=status, said=complaint.strip()))
        feedback.pushInfo(said)
        if self.parameterAsBool(parameters, "OPEN", context):
            self._offered(out, context, self.parameterAsFile(parameters, "WORKSPACE", context))
        return {"OUT": out}

    def _written(self, layer, path, context):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = "sites"
        writer = getattr(QgsVectorFileWriter, "writeAsVectorFormatV3", QgsVectorFileWriter.writeAsVectorFormatV2)
        told = writer(layer, path, context.transformContext(), options)
        if told[0] != QgsVectorFileWriter.NoError:
            raise QgsProcessingException(str(told[1]))
