"""The application: addresses to what answers them, faults to HTTP status. It decides nothing about sites."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

from fuling_gis.arguments import day_of
from fuling_gis.errors import FileError, FulingError, LayerError, OutputError, RuleError, UsageError
from fuling_gis.labels import sentence
from fuling_gis.outputs.manifest import versions
from fuling_gis.outputs.write import checked
from fuling_gis.serve import models
from fuling_gis.serve.assets import assets, page_words
from fuling_gis.serve.catalogue import Atlas, choices, rules_told
from fuling_gis.serve.checking import Question, drawn, value_of, written
from fuling_gis.serve.desk import Desk
from fuling_gis.serve.guard import Guard, TooLargeError, plain
from fuling_gis.serve.jobs import BusyError, Job, Jobs
from fuling_gis.serve.uploads import MOST_FILES, keep
from fuling_gis.serve.work import file_job, sites_job
from fuling_gis.workspace import Workspace


class WrongTypeError(FulingError):
    """Content came under a type that is not taken here."""


MIB: Final = 1024 * 1024
# Bytes that a request may send, by the beginning of its path.
LIMITS: Final = {"/api/check": 8 * MIB, "/api/jobs": 50 * MIB}
# Questions that may wait for a thread.
MOST_WAITING: Final = 64
# Which fault is which HTTP status; the first class that fits counts.
_STATUS: Final[tuple[tuple[type[FulingError], int], ...]] = (
    (TooLargeError, 413), (WrongTypeError, 415), (BusyError, 503), (OutputError, 507),
    (LayerError, 409), (RuleError, 409), (FulingError, 400),
)  # fmt: skip
_TYPES: Final = {
    ".csv": "text/csv; charset=utf-8", ".gpkg": "application/geopackage+sqlite3", ".html": "text/html; charset=utf-8",
    ".json": "application/json", ".zip": "application/zip", ".parquet": "application/vnd.apache.parquet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": models.Problem, "description": "The question or the data cannot be meant"},
    403: {"model": models.Problem, "description": "Asked from another page"},
    409: {"model": models.Problem, "description": "A layer or a rule of the workspace cannot be used"},
    413: {"model": models.Problem, "description": "More was sent than is taken"},
    415: {"model": models.Problem, "description": "Content of another type was expected"},
    421: {"model": models.Problem, "description": "Asked under a name that is not this server's"},
    422: {"model": models.Problem, "description": "A parameter cannot be read"},
    503: {"model": models.Problem, "description": "Too much is asked at once"},
}
_PLAIN_FAULTS: Final[dict[int | str, dict[str, Any]]] = {status: _FAULTS[status] for status in (400, 422)}
_NO_JOB: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": models.Problem, "description": "There is no such job, or it has no such thing"}
}

AsOf = Annotated[
    str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The day asked about; today where none is named.")
]
Speech = Annotated[models.Lang, Query(description="Language of sentences.")]
Crs = Annotated[
    str | None,
    Query(
        pattern=r"^(auto|gcj02|bd09|(EPSG:)?\d{4,6})$",
        description="What the coordinates are in where they are not WGS 84, or where a file does not say.",
    ),
]
Layer = Annotated[
    str | None, Query(max_length=500, description="Of a file that holds several layers the name of the one meant.")
]
Shift = Annotated[
    str | None,
    Query(
        pattern=r"^[-+0-9.eE, ]{3,200}$",
        description="Local parameters where coordinates are Xi'an 1980 or Beijing 1954: east,north in metres, or "
        "dx,dy,dz,rx,ry,rz,scale (metres, seconds, ppm, position vector).",
    ),
]
Accuracy = Annotated[float | None, Query(ge=0, le=100_000, description="Metres, for sites that give none.")]
Pairs = Annotated[list[str], Query(max_length=100)]
JobId = Annotated[str, Path(max_length=64)]


def build(workspace: Workspace, *, names: frozenset[str], addresses: bool = False, processes: int = 0) -> FastAPI:
    """Make the application for an opened workspace.

    names, addresses: what the server may be called, see `Guard`. processes: that screen few sites beside this one.
    """
    desk, jobs, atlas = Desk(workspace, processes), Jobs(), Atlas(workspace)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await asyncio.to_thread(desk.warm)
        yield
        await asyncio.to_thread(jobs.close)
        desk.close()

    app = FastAPI(
        title="Fuling GIS",
        version=str(versions()["fuling-gis"]),
        summary="Siting checks against the ecological plan: every site, every rule, yes, maybe or no.",
        description="A first screening, never an approval. Sentences are in the language asked for.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.jobs, app.state.desk = jobs, desk
    app.add_middleware(Guard, names=names, addresses=addresses, limits=LIMITS)
    _faults(app)
    _pages(app)
    _knowledge(app, workspace, atlas)
    _checks(app, desk)
    _jobs(app, desk, jobs)
    return app


def _faults(app: FastAPI) -> None:
    @app.exception_handler(FulingError)
    async def told(request: Request, error: FulingError) -> Response:
        del request
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        return _problem(status, error.words)

    @app.exception_handler(RequestValidationError)
    async def unread(request: Request, error: RequestValidationError) -> Response:
        del request
        first = error.errors()[0]
        name = plain(str(first["loc"][-1]))
        return _problem(422, sentence("errors_serve.wrong_query", name=name, why=plain(str(first["msg"]))))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        # Whoever sent half of something is not there to read this; the log has it.
        del request, error
        return _problem(400, sentence("errors_serve.bad_form"))

    @app.exception_handler(HTTPException)
    async def lost(request: Request, error: HTTPException) -> Response:
        del request
        known = {404: "errors_serve.no_page", 405: "errors_serve.no_method"}
        said = sentence(known.get(error.status_code, "errors_serve.bad_form"))
        return JSONResponse({"error": said}, error.status_code, error.headers)


def _problem(status: int, words: Mapping[str, str]) -> Response:
    return JSONResponse({"error": dict(words)}, status)


def _pages(app: FastAPI) -> None:
    known = assets()

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return Response(known["index.html"].body, media_type="text/html; charset=utf-8")

    @app.get("/api", include_in_schema=False)
    async def api_page() -> Response:
        return Response(known["api.html"].body, media_type="text/html; charset=utf-8")

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str, request: Request) -> Response:
        if name not in known:
            raise HTTPException(404)
        return _tagged(request, known[name].body, known[name].kind, known[name].tag)


def _tagged(request: Request, body: bytes, kind: str, tag: str) -> Response:
    """Give a body that the client keeps and asks after; nothing where it has it already."""
    headers = {"etag": f'"{tag}"', "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _knowledge(app: FastAPI, workspace: Workspace, atlas: Atlas) -> None:
    @app.get("/api/health", response_model=models.Health, tags=["server"], summary="Whether the server lives")
    async def health() -> Any:
        def look() -> dict[str, Any]:
            today = day_of(None)
            here = [name for name in workspace.catalog.layers if workspace.catalog.entry(name, today) is not None]
            rules = [rule for rule in workspace.rules().rules if rule.in_force(today)]
            counts = {"layers": len(here), "rules": len(rules), "today": today.isoformat()}
            return {"status": "ok", "version": app.version, "workspace": workspace.name, **counts}

        return await asyncio.to_thread(look)

    @app.get("/api/choices", tags=["server"], summary="What a question may say, and the words of the page")
    async def all_choices(lang: Speech = "zh") -> dict[str, Any]:
        return {**await asyncio.to_thread(choices, workspace, lang), "words": page_words(lang)}

    @app.get(
        "/api/layers", response_model=list[models.LayerEntry], responses={409: _FAULTS[409], **_PLAIN_FAULTS},
        tags=["workspace"], summary="The layers, in drawing order",
    )  # fmt: skip
    async def layers(as_of: AsOf = None) -> Any:
        found = await asyncio.to_thread(atlas.layers, day_of(as_of))
        return [one.entry for one in found.values()]

    @app.get(
        "/api/layers/{layer_id}", tags=["workspace"], summary="One layer as GeoJSON, simplified for drawing",
        responses={200: {"content": {"application/geo+json": {}}}, 404: {"model": models.Problem}, **_PLAIN_FAULTS},
        response_class=Response,
    )  # fmt: skip
    async def layer(request: Request, layer_id: Annotated[str, Path(max_length=80)], as_of: AsOf = None) -> Response:
        found = (await asyncio.to_thread(atlas.layers, day_of(as_of))).get(layer_id)
        if found is None:
            return _problem(404, sentence("errors_serve.no_layer", layer=plain(layer_id)))
        return _tagged(request, found.geojson, "application/geo+json", found.tag)

    @app.get(
        "/api/rules", response_model=list[models.RuleEntry], responses={**_PLAIN_FAULTS},
        tags=["workspace"], summary="The rules in force",
    )  # fmt: skip
    async def rules(as_of: AsOf = None, lang: Speech = "zh") -> Any:
        return await asyncio.to_thread(rules_told, workspace, day_of(as_of), lang)


def _checks(app: FastAPI, desk: Desk) -> None:
    waiting = 0

    async def at_desk(body: bytes, question: Question) -> bytes:
        nonlocal waiting
        if waiting >= MOST_WAITING:
            raise BusyError(sentence("errors_serve.many_waiting"))
        waiting += 1
        try:
            return await asyncio.wrap_future(desk.ask(body, question))
        finally:
            waiting -= 1

    @app.post(
        "/api/check", tags=["check"], summary="Check some sites: GeoJSON in, verdicts and findings out",
        responses={200: {"model": models.Answer}, **_FAULTS}, response_class=Response,
        openapi_extra={"requestBody": {"required": True, "content": {
            "application/json": {"schema": models.GEOJSON}, "application/geo+json": {"schema": models.GEOJSON}}}},
    )  # fmt: skip
    async def check(  # noqa: PLR0913, PLR0917 - as many as the question has options
        request: Request,
        as_of: AsOf = None,
        lang: Speech = "zh",
        crs: Crs = None,
        crs_shift: Shift = None,
        site_accuracy: Accuracy = None,
        fill: Annotated[Pairs, Query(alias="set", description="COLUMN=VALUE for empty cells.")] = [],  # noqa: B006
        reading: Annotated[Pairs, Query(description="KEY=VALUE of an open term of the law.")] = [],  # noqa: B006
        lines: Annotated[bool, Query(description="Give the shortest lines that were measured.")] = False,  # noqa: FBT002
    ) -> Response:
        question = Question(
            as_of,
            lang,
            crs,
            site_accuracy,
            fill=_pairs("set", fill),
            readings=_pairs("reading", reading),
            crs_shift=crs_shift,
            lines=lines,
        ).checked()
        body = await _json_body(request)
        return Response(await at_desk(body, question), media_type="application/json")


def _jobs(app: FastAPI, desk: Desk, jobs: Jobs) -> None:
    file_schema = {
        "type": "object",
        "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
    }

    @app.post(
        "/api/jobs", status_code=202, tags=["jobs"], summary="Check files or many sites, and write outputs",
        responses={202: {"model": models.JobState}, 507: {"model": models.Problem}, **_FAULTS}, response_class=Response,
        openapi_extra={"requestBody": {"required": True, "content": {
            "multipart/form-data": {"schema": file_schema}, "application/json": {"schema": models.GEOJSON}}}},
    )  # fmt: skip
    async def new_job(  # noqa: PLR0913, PLR0917 - as many as the question has options
        request: Request,
        as_of: AsOf = None,
        lang: Speech = "zh",
        crs: Crs = None,
        crs_shift: Shift = None,
        site_accuracy: Accuracy = None,
        fill: Annotated[Pairs, Query(alias="set", description="COLUMN=VALUE for empty cells.")] = [],  # noqa: B006
        reading: Annotated[Pairs, Query(description="KEY=VALUE of an open term of the law.")] = [],  # noqa: B006
        field: Annotated[Pairs, Query(description="COLUMN=SOURCE: which column of the file is meant.")] = [],  # noqa: B006
        layer: Layer = None,
        outputs: Annotated[str, Query(max_length=100, description="Words with commas; empty for verdicts alone.")] = "",
    ) -> Response:
        question = Question(
            as_of,
            lang,
            crs,
            site_accuracy,
            _pairs("set", fill),
            _pairs("reading", reading),
            _pairs("field", field),
            crs_shift,
            layer,
        ).checked()
        wanted = checked(outputs) if outputs else ()
        kind = _content_type(request)
        if kind == "multipart/form-data":
            job = await _uploaded(request, jobs, lambda one, paths: file_job(one, paths, desk, question, wanted))
        else:
            body = await _json_body(request)
            sites = await asyncio.to_thread(lambda: drawn(desk.workspace, value_of(body), question))
            job = jobs.new("")
            jobs.begin(job, lambda one: sites_job(one, sites, desk, question, wanted))
        return JSONResponse(job.told(), 202)

    @app.get(
        "/api/jobs/{job_id}", tags=["jobs"], summary="How far a job is",
        responses={200: {"model": models.JobState}, 422: _FAULTS[422], **_NO_JOB}, response_class=Response,
    )  # fmt: skip
    async def state(job_id: JobId) -> Response:
        job = jobs.get(job_id)
        return _problem(404, sentence("errors_serve.no_job")) if job is None else JSONResponse(job.told())

    @app.delete(
        "/api/jobs/{job_id}", status_code=204, tags=["jobs"], summary="Stop a job and delete what it left",
        responses={422: _FAULTS[422], **_NO_JOB}, response_class=Response,
    )  # fmt: skip
    async def stop(job_id: JobId) -> Response:
        job = jobs.get(job_id)
        if job is None:
            return _problem(404, sentence("errors_serve.no_job"))
        await asyncio.to_thread(jobs.drop, job)
        return Response(status_code=204)

    @app.get(
        "/api/jobs/{job_id}/answer", tags=["jobs"],
        summary="The verdicts of a job, of the worst sites where they are many",
        responses={200: {"model": models.Answer}, 422: _FAULTS[422], **_NO_JOB}, response_class=Response,
    )  # fmt: skip
    async def result(job_id: JobId) -> Response:
        job = jobs.get(job_id)
        if job is None or job.answer is None:
            return _problem(404, sentence("errors_serve.no_job" if job is None else "errors_serve.no_result"))
        return Response(await asyncio.to_thread(written, job.answer), media_type="application/json")

    @app.get(
        "/api/jobs/{job_id}/files/{name}", tags=["jobs"], summary="A file that a job has written",
        responses={200: {"content": {"application/octet-stream": {}}}, 422: _FAULTS[422], **_NO_JOB},
        response_class=Response,
    )  # fmt: skip
    async def file(job_id: JobId, name: Annotated[str, Path(max_length=64)]) -> Response:
        job = jobs.get(job_id)
        if job is None or name not in job.files:
            return _problem(404, sentence("errors_serve.no_job" if job is None else "errors_serve.no_result_file"))
        path = job.results / name
        return FileResponse(path, media_type=_TYPES.get(path.suffix, "application/octet-stream"), filename=name)


async def _uploaded(request: Request, jobs: Jobs, work: Callable[[Job, Any], None]) -> Job:
    """Take the files of a form into the folder of a new job and begin it."""
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_FILES)
    except (MultiPartException, HTTPException) as e:
        said = str(e.detail if isinstance(e, HTTPException) else e.message)
        if said.startswith("Too many files"):
            raise FileError(sentence("errors_serve.many_files", most=MOST_FILES)) from e
        raise UsageError(sentence("errors_serve.bad_form")) from e
    except UnicodeError as e:
        # The form says that its names are in an encoding that they are not in, or that is none of texts.
        raise UsageError(sentence("errors_serve.bad_form")) from e
    except OSError as e:
        raise OutputError(sentence("errors_serve.disk", why=e.strerror or e)) from e
    try:
        files = [one for one in form.getlist("file") if not isinstance(one, str)]
        job = jobs.new(", ".join(str(one.filename or "") for one in files))
        try:
            paths, job.names = await keep(files, job.folder / "upload")
        except BaseException as e:
            jobs.drop(job)
            if isinstance(e, OSError):
                raise OutputError(sentence("errors_serve.disk", why=e.strerror or e)) from e
            raise
    finally:
        await form.close()
    jobs.begin(job, lambda one: work(one, paths))
    return job


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json_body(request: Request) -> bytes:
    """Give the body of a request that says it is JSON."""
    kind = _content_type(request)
    if kind not in ("application/json", "application/geo+json"):
        raise WrongTypeError(sentence("errors_serve.wrong_type", found=plain(kind), known="application/json"))
    return await request.body()


def _pairs(option: str, texts: list[str]) -> dict[str, str]:
    """Read repeated KEY=VALUE.

    Raises UsageError where there is no `=`.
    """
    found = {}
    for text in texts:
        key, sign, value = (part.strip() for part in text.partition("="))
        if not (key and sign):
            raise UsageError(sentence("errors_serve.wrong_query", name=option, why=f"{plain(text)!r}: KEY=VALUE"))
        found[key] = value
    return found
