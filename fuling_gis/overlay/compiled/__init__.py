"""The compiled way for many sites: outlines under trees of boxes, fields of bounds, and loops that measure.

`gauge` is what the engine uses; it gives what `shapes` and `evidence` also get from GEOS.
"""
