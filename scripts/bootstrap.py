"""From a fresh checkout to a running program, with nothing but Python: `python3 scripts/bootstrap.py demo`.

Makes a virtual environment in the checkout, installs the package with the versions of constraints.txt, and runs one
thing in it. A second run finds the environment as it is and starts at once. Uses the standard library only.

    demo     the demonstration: prints the table of verdicts and where the map is
    test     format, lint, types and tests, as continuous integration runs them
    wheels   fetches everything an installation needs into a folder, for machines without internet
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "installed.json"
OLDEST = (3, 11)
# Where the demonstration goes when no folder is named; git looks at nothing in maps/.
DEMO = Path("maps") / "demo"
# What the tests look at pages with, and the font that Chinese text on them needs: (Debian package, how to see it).
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
FONT_NAMES = ("*CJK*", "*wqy*", "*SourceHan*")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask and give the exit status."""
    options, rest = _arguments(arguments)
    if sys.version_info < OLDEST:
        return _fail(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}")
    wheels = options.wheels.resolve() if options.wheels else None
    if options.what == "wheels":
        return _fetch_wheels(wheels or ROOT / "wheels")
    if wheels and not wheels.is_dir():
        return _fail(
            f"{wheels} is no folder; make it with `scripts/bootstrap.py wheels --wheels DIR` where internet is"
        )
    status = _prepare(("dev",) if options.what == "test" else ("web",), wheels)
    if status:
        return status
    if options.what == "test":
        return _test(rest)
    folder = [] if any(not word.startswith("-") for word in rest[:1]) else [str(DEMO)]
    status = _run([_python(), "-m", "fuling_gis", "demo", *folder, *rest])
    if not status:
        _tell_how_to_go_on()
    return status


def _tell_how_to_go_on() -> None:
    """Tell how the program is called from now on: a terminal does not find it by itself."""
    activate = ".venv\\Scripts\\activate" if os.name == "nt" else "source .venv/bin/activate"
    _say("")
    _say(f"要在终端里使用 fuling-gis 命令，请先在 {ROOT} 中运行：{activate}")
    _say(f"Before the first fuling-gis command in a terminal, in {ROOT}: {activate}")


def _arguments(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("what", choices=("demo", "test", "wheels"))
    parser.add_argument(
        "--wheels",
        "--offline",
        type=Path,
        metavar="DIR",
        help="install from this folder and never ask the network; for `wheels`, the folder to fill",
    )
    return parser.parse_known_args(arguments)


def _python() -> str:
    folder = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
    return str(folder / ("python.exe" if os.name == "nt" else "python"))


def _wanted() -> str:
    """Give a hash of all that decides what is installed; a moved checkout and another Python count too."""
    parts = [str(ROOT), sys.version]
    parts += [(ROOT / name).read_text("utf-8") for name in ("setup.cfg", "pyproject.toml", "constraints.txt")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _installed() -> tuple[str, set[str]]:
    """Give the hash and the extras of the environment that is there; "" and none where there is no sound one."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
        return str(stamp["hash"]), set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", set()


def _prepare(extras: tuple[str, ...], wheels: Path | None) -> int:
    """Make the environment, or bring it up to date; nothing is done where it already fits."""
    wanted = _wanted()
    have, had = _installed()
    if have == wanted and had.issuperset(extras) and Path(_python()).exists():
        return 0
    kept = had.union(extras) if had else set(extras)
    if not _sound():
        _say(f"正在建立运行环境 / making {ENVIRONMENT}")
        try:
            venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=os.name != "nt")
        except (OSError, subprocess.CalledProcessError) as error:
            return _fail(f"no virtual environment could be made ({error}); on Debian: apt install python3-venv")
    names = "[" + ",".join(sorted(kept)) + "]" if kept else ""
    _say("正在安装，第一次需要几分钟 / installing Fuling GIS; the first time takes some minutes")
    status = _pip(
        "install", "--quiet", "-c", str(ROOT / "constraints.txt"), "--editable", f"{ROOT}{names}", wheels=wheels
    )
    if status:
        return _fail("安装失败，原因见上 / the installation failed; what the installer said stands above")
    STAMP.write_text(json.dumps({"hash": wanted, "extras": sorted(kept)}), "utf-8")
    return 0


def _sound() -> bool:
    """Tell whether there is an environment of this very Python version with an installer in it."""
    if not Path(_python()).exists():
        return False
    question = "import sys, pip; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([_python(), "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.split() == [str(n) for n in sys.version_info[:2]]


def _pip(*words: str, wheels: Path | None) -> int:
    offline = ["--no-index", "--find-links", str(wheels)] if wheels else []
    return _run([_python(), "-m", "pip", "--disable-pip-version-check", *words[:1], *offline, *words[1:]])


def _fetch_wheels(folder: Path) -> int:
    """Fill a folder with all that `--wheels` needs on a machine of the same system and Python version."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _sound():
        venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=os.name != "nt")
    constraints = str(ROOT / "constraints.txt")
    status = _pip(
        "wheel", "--quiet", "-w", str(folder), "-c", constraints, f"{ROOT}[dev]", "setuptools>=77", wheels=None
    )
    if status:
        return _fail("the wheels could not be fetched; what the installer said stands above")
    for own in folder.glob("fuling_gis-*.whl"):
        # The checkout itself is installed in place; its wheel would only grow old.
        own.unlink()
    _say(f"{len(list(folder.glob('*.whl')))} wheels in {folder}; carry it and the checkout over, then:")
    _say(f"  python scripts/bootstrap.py demo --wheels {folder.name}")
    return 0


def _test(rest: Sequence[str]) -> int:
    """Run every check, the tests last, and fail if any of them does."""
    _system_packages()
    python = _python()
    checks = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy --strict": [python, "-m", "mypy"],
    }
    failed = [name for name, command in checks.items() if _step(name, command)]
    if failed:
        _say(f"FAILED before the tests: {', '.join(failed)}; the run will end with status 1")
    workers = str(min(os.cpu_count() or 1, 4))
    status = _step("pytest", [python, "-m", "pytest", "-q", "-n", workers, *rest])
    return status or int(bool(failed))


def _system_packages() -> None:
    """Install the browser and the font that some tests look at pages with, where that can be done."""
    absent = []
    if not any(shutil.which(name) for name in BROWSERS):
        absent.append("chromium")
    if sys.platform.startswith("linux") and not _has_chinese_font():
        absent.append("fonts-noto-cjk")
    if not absent:
        return
    names = " ".join(absent)
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        _say(f"{names}: absent, and cannot be installed from here; the tests that look at pages will be skipped")
        return
    _say(f"installing {names}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    status = _run(["apt-get", "update", "-qq"], quiet)
    status = status or _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *absent], quiet)
    if status:
        _say(f"{names}: could not be installed; the tests that look at pages will be skipped")


def _has_chinese_font() -> bool:
    folders = [Path(folder) for folder in FONT_FOLDERS]
    return any(True for folder in folders for name in FONT_NAMES for _ in folder.rglob(name))


def _step(name: str, command: Sequence[str]) -> int:
    _say(f"--- {name}")
    return _run(command)


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> int:
    try:
        return subprocess.run(list(command), cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130


def _say(sentence: str) -> None:
    """Tell on stderr and at once, so that it stands in order with what the programs print."""
    print(sentence, file=sys.stderr, flush=True)


def _fail(sentence: str) -> int:
    _say(f"bootstrap: {sentence}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
