"""Bytes of an image that nobody needs: `wasted(image)`, and one file per kind in `kinds`."""
