"""The plan's figures that layers can measure, beside their targets; docs/indicators.md tells them to people."""
