"""What the contract says of one site and one rule, by brute force and in plain words.

It shares the models with the product (what a rule, a layer, a site is) and none of its engine. Nothing is buffered,
indexed or vectorised over sites: distances are GEOS's own between whole geometries, and depths are searched by ever
denser sampling until the sampling proves the answer. What lies within a millimetre of a threshold is `TooClose`: the
contract lets either answer stand there.
"""

from oracle.answer import Answer
from oracle.depth import TooClose
from oracle.judge import Judgement, Outcome, judge
from oracle.place import Place, ask

__all__ = ["Answer", "Judgement", "Outcome", "Place", "TooClose", "ask", "judge"]
