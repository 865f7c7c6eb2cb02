"""One answer with its causes, and how answers combine (CONTRACT section 1, first paragraph)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NO, MAYBE, YES = 0, 1, 2


@dataclass(frozen=True)
class Answer:
    """Yes, maybe or no; a maybe has causes, the others have none."""

    value: int
    causes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if (self.value == MAYBE) != bool(self.causes):
            msg = f"a maybe has causes and nothing else does: {self}"
            raise ValueError(msg)

    def doubted(self, cause: str, *, unless: int) -> Answer:
        """Become a maybe with a further cause, unless the answer is one that the doubt cannot touch."""
        return self if self.value == unless else Answer(MAYBE, self.causes | {cause})


def maybe(*causes: str) -> Answer:
    return Answer(MAYBE, frozenset(causes))


def least(answers: Sequence[Answer]) -> Answer:
    """Answer *and*."""
    return _with_causes(min(a.value for a in answers), answers)


def greatest(answers: Sequence[Answer]) -> Answer:
    """Answer *or*."""
    return _with_causes(max(a.value for a in answers), answers)


def opposite(answer: Answer) -> Answer:
    return Answer(2 - answer.value, answer.causes)


def _with_causes(value: int, answers: Sequence[Answer]) -> Answer:
    return Answer(value, frozenset().union(*(a.causes for a in answers)) if value == MAYBE else frozenset())
