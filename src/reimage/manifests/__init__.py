"""Compose and Kubernetes files: which images and builds they name, and edits to them in place.

The only door to YAML. Comments, order and quoting of what is not edited stay as they were written.
It never starts what these files describe and never looks an image up.
"""
