"""Edits of instructions and scripts, in the layout they already have. One kind in each file."""
