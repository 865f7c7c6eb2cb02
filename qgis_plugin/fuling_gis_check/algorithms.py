"""The two algorithms: check the sites of a layer, and load a result."""

import os
import tempfile

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import (
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
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from . import command
from .words import language, word

LAYERS = ("findings", "sites")


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

    def _offered(self, folder, context):
        """Let QGIS load the layers of a result, with the styles that are in the file."""
        path = os.path.join(folder, "result.gpkg")
        if not os.path.isfile(path):
            raise QgsProcessingException(word("no_result", folder=folder))
        for name in LAYERS:
            layer = QgsVectorLayer(path + "|layername=" + name, word("layer_" + name), "ogr")
            if not layer.isValid():
                continue
            layer.loadDefaultStyle()
            details = QgsProcessingContext.LayerDetails(layer.name(), context.project() or QgsProject.instance(), name)
            context.temporaryLayerStore().addMapLayer(layer)
            context.addLayerToLoadOnCompletion(layer.id(), details)


class LoadResult(_Algorithm):
    """Load result.gpkg with its styles."""

    def name(self):
        """Name it for scripts."""
        return "load"

    def initAlgorithm(self, config=None):  # noqa: N802 - QGIS's name
        """Declare the parameter."""
        folder = QgsProcessingParameterFile.Folder
        self.addParameter(QgsProcessingParameterFile("FOLDER", word("out"), behavior=folder))

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802 - QGIS's name
        """Load."""
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        self._offered(folder, context)
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
            self._offered(out, context)
        return {"OUT": out}

    def _written(self, layer, path, context):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = "sites"
        writer = getattr(QgsVectorFileWriter, "writeAsVectorFormatV3", QgsVectorFileWriter.writeAsVectorFormatV2)
        told = writer(layer, path, context.transformContext(), options)
        if told[0] != QgsVectorFileWriter.NoError:
            raise QgsProcessingException(str(told[1]))
