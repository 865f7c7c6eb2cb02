"""Which visible ranges the rules of a plan ask for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fuling_gis.errors import LayerError, UsageError, joined
from fuling_gis.labels import sentence
from fuling_gis.overlay.plan import Plan
from fuling_gis.overlay.seen import SeenRange, known_range, seen_range
from fuling_gis.overlay.sight import DEM_LAYER, range_of
from fuling_gis.rules.model import Ask, questions, selections
from fuling_gis.rules.views import view_of, views


def known_ranges(plan: Plan) -> tuple[SeenRange, ...]:
    """Give the visible ranges that rules ask for under the readings in force, where all of them is known already."""
    asked = plan.known("ranges asked", lambda: tuple(dict.fromkeys(_asked(plan, chosen=True))))
    found = (plan.known(("range", question), partial(known_range, question, plan.book)) for question in asked or ())
    return tuple(seen for seen in found if seen is not None)


def question_of(plan: Plan, view: str = "") -> Ask:
    """Give the question that rules put to a visible range, by the way of looking; the usual one where none is named.

    Raises UsageError where there is no such way, or no rule asks so.
    """
    if view and view not in views():
        raise UsageError(sentence("errors_run.no_view", view=view, known=", ".join(views())))
    for question in _asked(plan, chosen=False):
        if view_of(question.view) == view_of(view):
            return question
    raise UsageError(sentence("errors_run.no_range", view=view_of(view).key))


def range_for(plan: Plan, view: str = "", jobs: int | None = None) -> SeenRange:
    """Compute a visible range.

    Raises UsageError as `question_of` does, LayerError where a layer is wanting or contradicts the level of the water.
    """
    question = question_of(plan, view)
    seen = seen_range(question, plan.book, jobs=jobs)
    if seen is not None:
        return seen
    layers = [DEM_LAYER, *dict.fromkeys(one.layer for one in selections(question.zone))]
    wanting = [name for name in layers if plan.book.layers.get(name) is None]
    if wanting:
        raise LayerError(sentence("errors_run.range_wants", layers=joined(wanting, ", ")))
    found = range_of(question, plan.book)
    level = f"{view_of(view).water_level_m:g}"
    gap = "?" if found is None else f"{found.gap_m:.0f}"
    raise LayerError(sentence("errors_run.range_contradicts", level=level, gap=gap))


def _asked(plan: Plan, *, chosen: bool) -> Iterator[Ask]:
    """Walk the questions about visible ranges. chosen: only those asked under the readings in force."""
    for rule in plan.rules:
        duties = [rule.duty(plan.readings)] if chosen else list(rule.duties.values())
        for duty in duties:
            yield from (question for question in questions(duty.where) if question.predicate == "visible_from")
