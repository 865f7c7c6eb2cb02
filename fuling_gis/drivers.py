"""Which of GDAL's drivers may open anything here, fixed in the environment before any GDAL is loaded.

GDAL opens a file by its own judgement, and some of its drivers open what a file merely points to: another file of this
machine, or an address. A list that is set after GDAL was loaded has no effect, so a program calls `fix` first of all.
What a file is has been told by its first bytes by then; this is the second lock on the same door.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from importlib import import_module
from typing import Final

# Drivers of the formats that are read and written here; GDAL's older names beside its newer ones.
READERS: Final = frozenset({
    "ESRI Shapefile", "GPKG", "OpenFileGDB", "GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "MapInfo File",
    "FlatGeobuf", "MEM", "Memory",
})  # fmt: skip
# What a workspace's own catalogue may name besides: databases and rasters.
WORKSPACE: Final = READERS | {"PostgreSQL", "GTiff", "SRTMHGT", "DERIVED", "PNG"}
# Names of all others, as GDAL 3.4 to 3.13 lists them; one that a build does not have costs nothing. They stand in one
# text, for a line a name would be no easier to read.
_KNOWN: Final = (
    "AAIGrid,ACE2,ADBC,ADRG,AIDJEX,AIG,AIVector,AVCBin,AVCE00,AirSAR,AmigoCloud,Arrow,BAG,BIGGIF,BLX,"
    "BMP,BSB,BT,BYN,CAD,CALS,CEOS,COASP,COG,COSAR,CPG,CSV,CSW,CTG,CTable2,Carto,Cloudant,CouchDB,"
    "DAAS,DB2ODBC,DDS,DERIVED,DGN,DIMAP,DIPEx,DOQ1,DOQ2,DTED,DWG,DXF,ECRGTOC,ECW,EDIGEO,EEDA,EEDAI,"
    "EHdr,EIR,ELAS,ENVI,ERS,ESAT,ESRIC,EXR,Elasticsearch,FAST,FIT,FITS,FileGDB,GDALG,GFF,GIF,GML,"
    "GMLAS,GMT,GNMDatabase,GNMFile,GPSBabel,GPX,GRASSASCIIGrid,GRIB,GS7BG,GSAG,GSBG,GSC,GTFS,GTI,GTX,"
    "GTiff,GXF,GenBin,GeoRSS,Geoconcept,Geomedia,HANA,HDF4,HDF4Image,HDF5,HDF5Image,HEIF,HF2,HFA,"
    "HTTP,IDB,ILWIS,INGR,IRIS,ISCE,ISG,ISIS2,ISIS3,Idrisi,Interlis 1,Interlis 2,JAXAPALSAR,JDEM,JML,"
    "JP2ECW,JP2KAK,JP2Lura,JP2MrSID,JP2OpenJPEG,JPEG,JPEGLS,JPEGXL,JPIPKAK,JSONFG,KEA,KML,"
    "KMLSUPEROVERLAY,KRO,L1B,LAN,LCP,LIBERTIFF,LIBKML,LOSLAS,LVBAG,Leveller,MAP,MBTiles,MFF,MFF2,MRF,"
    "MSGN,MSSQLSpatial,MVT,MapML,MiraMonRaster,MiraMonVector,MongoDBv3,MrSID,MySQL,NAS,NDF,NGSGEOID,"
    "NGW,NITF,NOAA_B,NSIDCbin,NTv1,NTv2,NWT_GRC,NWT_GRD,OAPIF,OCI,ODBC,ODS,OGCAPI,OGDI,OGR_GMT,"
    "OGR_PDS,OGR_VRT,OSM,OZI,OpenJPEG,PAux,PCIDSK,PCRaster,PDF,PDS,PDS4,PGDUMP,PGeo,PLMOSAIC,"
    "PLSCENES,PMTiles,PNG,PNM,PRF,Parquet,PostGISRaster,PostgreSQL,R,RCM,RDB,REC,RIK,RMF,ROI_PAC,"
    "RPFTOC,RRASTER,RS2,RST,Rasterlite,S102,S104,S111,S57,SAFE,SAGA,SAP,SAR_CEOS,SDE,SDTS,SENTINEL2,"
    "SGI,SIGDEM,SNAP_TIFF,SNODAS,SOSI,SQLite,SRP,SRTMHGT,STACIT,STACTA,SUA,SVG,SXF,Selafin,TGA,"
    "TIGER,TIL,TSX,Terragen,TileDB,UK .NTF,USGSDEM,VDV,VFK,VICAR,VRT,WAsP,WCS,WEBP,WFS,WFS3,WMS,"
    "WMTS,Walk,XLS,XLSX,XODR,XPM,XPlane,XYZ,ZMap,Zarr,netCDF"
)
# A port at which nothing answers stands in for the network: GDAL has no switch for it.
NO_PROXY: Final = dict.fromkeys(("GDAL_HTTP_PROXY", "GDAL_HTTPS_PROXY"), "127.0.0.1:1")
# GDAL and PROJ ask no other machine, whatever a file says, and keep their remarks to themselves.
_SILENT: Final = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_HTTP_MAX_RETRY": "0",
    **NO_PROXY,
    "PROJ_NETWORK": "OFF",
    "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
    # GDAL remarks on each name that its build does not have.
    "CPL_LOG": os.devnull,
}


def settings(allowed: Iterable[str] = READERS, beyond: Iterable[str] = ()) -> dict[str, str]:
    """Give the environment in which GDAL has no driver but those allowed.

    beyond: names that a build turned out to have and that no list here knows.
    """
    kept = set(allowed)
    # The comma at the end makes GDAL take commas, and not blanks, for what is between two names.
    skipped = ",".join(dict.fromkeys(name for name in (*_KNOWN.split(","), *beyond) if name not in kept))
    return {"GDAL_SKIP": f"{skipped},", **_SILENT}


def fix() -> None:
    """Fix the drivers of this process to what a workspace and its site files need, before GDAL is loaded."""
    os.environ.update(settings(WORKSPACE))
    _hush()


def begin(module: str, function: str, *given: object) -> None:
    """Begin a process that another one has started, which inherits the environment but not the silence.

    The function is named and not handed over: to be handed it, the process would load its module, and GDAL, first.
    """
    _hush()
    getattr(import_module(module), function)(*given)


def _hush() -> None:
    for library in ("fiona", "rasterio"):
        # These pass GDAL's remarks on to Python's log, which prints them where nobody else takes them.
        logging.getLogger(library).addHandler(logging.NullHandler())


def strangers(listed: Iterable[str], allowed: Iterable[str] = READERS) -> list[str]:
    """Give the drivers that a loaded GDAL has although they are not allowed."""
    return sorted(set(listed) - set(allowed))
