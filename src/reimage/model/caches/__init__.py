"""Download caches: where they are, what fills and empties them, who needs them."""
