"""System packages: their lists, names, effects, and what they recommend."""
