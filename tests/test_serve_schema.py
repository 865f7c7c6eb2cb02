"""Questions made up from the API's own description: whatever they are, the server never fails."""

from __future__ import annotations

import json
import string

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serve_made import served
from small_workspace import make_workspace

import fuling_gis as fg

pytest.importorskip("fastapi", reason="the extra `web` is not installed")
schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

FEW = settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
# All that the API answers, each with questions of its own.
OPERATIONS = (
    ("GET", "/api/health"), ("GET", "/api/choices"), ("GET", "/api/layers"), ("GET", "/api/layers/{layer_id}"),
    ("GET", "/api/rules"), ("POST", "/api/check"), ("POST", "/api/jobs"), ("GET", "/api/jobs/{job_id}"),
    ("DELETE", "/api/jobs/{job_id}"), ("GET", "/api/jobs/{job_id}/answer"), ("GET", "/api/jobs/{job_id}/files/{name}"),
)  # fmt: skip
# Takes no parameters, so nothing wrong can be said to it.
NOTHING_TO_SAY = ("/api/health",)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    workspace = fg.open_workspace(make_workspace(tmp_path_factory.mktemp("schema") / "small"))
    with served(workspace) as found:
        yield found


@pytest.fixture(scope="module")
def described(address):
    return schemathesis.openapi.from_dict(httpx.get(f"{address}/openapi.json").json())


def test_every_operation_is_asked(described):
    found = {(one.ok().method.upper(), one.ok().path) for one in described.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_question_that_fits_the_description_or_not_makes_the_server_fail(described, address, method, path):
    operation = described[path][method]
    for mode in schemathesis.GenerationMode:
        if path in NOTHING_TO_SAY and mode == schemathesis.GenerationMode.NEGATIVE:
            continue
        cases = operation.as_strategy(generation_mode=mode)

        @FEW
        @given(case=cases)
        def ask(case):
            reply = case.call(base_url=address, timeout=60)
            # Too many jobs at once is an answer and no failure.
            assert reply.status_code < 500 or reply.status_code == 503, reply.text
            assert "Traceback" not in reply.text

        ask()
    assert httpx.get(f"{address}/api/health").status_code == 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(string.printable, max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["type", "features", "geometry", "coordinates", "properties", "geometries", "id", "activity"]), inner,
        max_size=4),
    max_leaves=20,
)  # fmt: skip
COORDINATES = st.recursive(
    st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3) | st.none() | st.sampled_from([107.4, 29.7]),
    lambda inner: st.lists(inner, max_size=5), max_leaves=25,
)  # fmt: skip
SHAPES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Point", "LineString", "Polygon", "MultiPoint", "MultiPolygon", "GeometryCollection"]),
        "coordinates": COORDINATES,
    }
)


@pytest.mark.parametrize("what", ["values", "shapes"])
def test_whatever_is_drawn_gets_an_answer_or_a_sentence(address, what):
    @settings(FEW, max_examples=120)
    @given(value=VALUES if what == "values" else SHAPES)
    def ask(value):
        reply = httpx.post(
            f"{address}/api/check?as_of=2024-06-01", content=json.dumps(value),
            headers={"content-type": "application/json"}, timeout=60,
        )  # fmt: skip
        assert reply.status_code in (200, 400, 413), reply.text
        if reply.status_code == 400:
            assert set(reply.json()["error"]) == {"zh", "en"}

    ask()
