"""What the HTTP API gives, described for its OpenAPI document. Replies are written without going through these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Lang = Literal["zh", "en"]
Verdict = Literal["prohibited", "exit", "restricted", "undecided", "advised", "clear", "outside", "rejected"]


class Words(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class Problem(BaseModel):
    """Why a question cannot be answered, and what would mend it."""

    error: Words


class Health(BaseModel):
    """That the server lives, and what it serves."""

    status: Literal["ok"]
    version: str
    workspace: str
    today: str = Field(description="The day that is asked about where none is named.")
    layers: int = Field(description="Layers that are there today.")
    rules: int = Field(description="Rules in force today.")


class LayerEntry(BaseModel):
    """One layer of the workspace, drawn for the eye."""

    id: str
    title: Words
    features: int
    simplified_m: float = Field(
        description="Shapes are off by at most so many metres; no answer is computed from them."
    )
    left_out: int = Field(description="The smallest features, which are not drawn.")
    accuracy_m: float
    indicative: bool = Field(description="Demonstration or sketch data.")
    computed: bool = Field(description="Drawn from the rivers, no layer of the workspace.")
    source: str
    valid_from: str | None
    valid_to: str | None
    undrawn: Words | None = Field(description="Why it has no shapes here, for example because it is a raster.")
    style: dict[str, Any]


class RuleEntry(BaseModel):
    """One rule in force."""

    id: str
    title: str
    effect: str
    effect_name: str
    who: str
    where: str
    clause: str
    quote: str
    basis: list[str]
    exemptions: list[str]
    readings: list[str]
    everywhere: bool
    valid_from: str | None
    valid_to: str | None


class Cause(BaseModel):
    """Why an answer is a maybe."""

    cause: str = Field(
        description="tolerance, fact:NAME, attribute:ID.FIELD, coverage:ID, layer:ID, dem or reading:KEY=VALUE."
    )
    text: str
    settle: str = Field(description="What would settle it.")


class Evidence(BaseModel):
    """One part of a rule at a site. Measures are metres and square metres in the working CRS."""

    text: str
    predicate: str | None
    part_answer: str | None
    layer: str | None
    feature_id: str | None
    feature_name: str | None
    overlap_m2: float | None
    overlap_share: float | None
    distance_m: float | None
    threshold_m: float | None
    margin_m: float | None
    tolerance_m: float | None
    more_features: int | None
    line: list[list[float]] | None = Field(
        None, description="The shortest line, longitude and latitude; with lines=true."
    )


class Finding(BaseModel):
    """One rule that applies, may apply, or is lifted by an exemption that was claimed."""

    rule_id: str
    title: str
    effect: str
    effect_name: str
    level: int
    answer: Literal["yes", "maybe", "lifted"]
    answer_name: str
    clause: str
    quote: str
    basis: list[str]
    exemption: str
    readings: list[str]
    causes: list[Cause]
    evidence: list[Evidence]


class Opening(BaseModel):
    """A fact that rules wait for: answered, it settles the maybes of some."""

    fact: str
    title: str
    kind: Literal["bool", "number", "text", "activity", "nature"]
    unit: str
    settles: list[str] = Field(description="Rules about which nothing else is in doubt.")
    may_settle: list[str] = Field(description="Rules about which something else is in doubt as well.")


class Claim(BaseModel):
    """An exemption that could be claimed."""

    fact: str
    title: str
    prove: str
    source: str
    rules: list[str]


class SiteAnswer(BaseModel):
    """One site. "clear" never means approved."""

    row: int
    source: str
    site_id: str
    name: str
    activity: str
    nature: str
    verdict: Verdict
    verdict_name: str
    possible: Verdict
    possible_name: str
    could_be_worse: bool
    meaning: str
    prohibited_by: list[str]
    exit_by: list[str]
    restricted_by: list[str]
    advised_by: list[str]
    maybe_by: list[str]
    lifted_by: list[str]
    unchecked_by: list[str]
    depends_on: list[str]
    depends: list[str]
    units: list[str]
    units_maybe: list[str]
    inside_share: float | None
    area_m2: float | None
    to_main_m: float | None
    to_wu_m: float | None
    to_tributary_m: float | None
    status: Literal["ok", "repaired", "rejected"]
    problem: str
    geometry: dict[str, Any] | None = Field(description="The site as it was judged from, longitude and latitude.")
    findings: list[Finding]
    questions: list[Opening]
    claims: list[Claim]
    unit_lists: list[dict[str, Any]]


class Unchecked(BaseModel):
    """A rule that could not be asked for want of layers."""

    rule_id: str
    title: str
    layers: list[str]


class Answer(BaseModel):
    """A screening: a first look at layers and rules, and no decision of any authority."""

    as_of: str
    lang: Lang
    rows: int
    counts: dict[str, int]
    possible_counts: dict[str, int]
    left_out: int = Field(description="Sites of a job that are not told here; the worst ones are. Its files hold all.")
    sites: list[SiteAnswer]
    unchecked: list[Unchecked]
    readings: dict[str, str]
    limits: str
    notices: list[str]
    indicative: bool


class JobState(BaseModel):
    """A job, as far as it has come."""

    id: str
    name: str
    state: Literal["waiting", "reading", "screening", "writing", "done", "failed", "cancelled"]
    rows_done: int
    rows: int | None
    answered: bool = Field(description="Whether /api/jobs/{id}/answer has the verdicts.")
    files: list[str]
    error: Words | None
    wants: list[Literal["crs", "crs_shift", "layer"]] = Field(
        description="Parameters of the question that would mend the error."
    )
    offers: list[str] = Field(description="Values of that parameter that are likely meant, the likeliest first.")
    unoffered: int = Field(description="How many more there are, of many or very long ones; the error names all.")


# A body that any GeoJSON of sites fits.
GEOJSON: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {
            "type": "string",
            "enum": ["FeatureCollection", "Feature", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString",
                     "MultiPolygon"],
        },
        "features": {"type": "array", "items": {"type": "object"}},
        "properties": {"type": ["object", "null"]},
        "geometry": {"type": ["object", "null"]},
        "coordinates": {"type": "array"},
    },
    "example": {
        "type": "Feature",
        "properties": {"site_id": "P1", "activity": "chemical", "nature": "new"},
        "geometry": {"type": "Point", "coordinates": [107.39, 29.71]},
    },
}  # fmt: skip
