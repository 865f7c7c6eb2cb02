"""How the command is found and called. Nothing here needs QGIS.

QGIS runs on a Python of its own, with libraries of its own. The command is therefore another process, and what QGIS
says of its libraries in the environment is kept from it.
"""

import os
import shutil
import subprocess
import threading

SETTING = "FULING_GIS_COMMAND"
# What in the environment would lead another Python to QGIS's own libraries and data.
STRANGE = ("PROJ_", "GDAL_", "PYTHON", "OGR_", "CPL_", "QGIS_", "QT_", "LD_LIBRARY_PATH", "OSGEO4W_", "VIRTUAL_ENV")


def find(told=""):
    """Give the command's path: the one told, or what lies on the PATH; "" where there is none."""
    if told:
        return told if os.path.isfile(told) else ""
    return shutil.which("fuling-gis") or ""


def arguments(sites, workspace, out, lang, as_of="", accuracy=0.0, fill=()):
    """Give the words after the command's name. Texts are handed over one by one and never through a shell."""
    words = [
        "check",
        sites,
        "--workspace",
        workspace,
        "--out",
        out,
        "--lang",
        lang,
        "--outputs",
        "csv,gpkg,xlsx,map,report",
    ]
    words += ["--force", "--quiet", "--json"]
    if as_of:
        words += ["--as-of", as_of]
    if accuracy:
        words += ["--site-accuracy", repr(float(accuracy))]
    for one in fill:
        words += ["--set", one]
    return words


def environment(known):
    """Give an environment without what leads to QGIS's own libraries."""
    return {name: value for name, value in known.items() if not name.upper().startswith(STRANGE)}


def run(command, words, cancelled=lambda: False):
    """Run the command and give its status, what it printed and what it complained of; status None where cancelled."""
    hidden = {}
    if os.name == "nt":
        hidden["creationflags"] = 0x08000000  # no window of its own
    process = subprocess.Popen(
        [command, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(os.environ),
        encoding="utf-8",
        errors="replace",
        **hidden,
    )
    said = {}

    def listen():
        said["out"], said["err"] = process.communicate()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
        if cancelled():
            process.kill()
            thread.join()
            return None, "", ""
    return process.returncode, said["out"], said["err"]
