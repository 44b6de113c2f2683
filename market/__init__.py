"""Institutions and physics of environmental-rights markets: arrays and rules, no Mesa, no files, no screens."""
