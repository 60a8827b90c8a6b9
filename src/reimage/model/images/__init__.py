"""Images by name: their references, where a file names them, and what is known about them."""
