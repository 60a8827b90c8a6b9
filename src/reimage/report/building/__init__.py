"""Builds as they go and as they end, for people and for programs."""
