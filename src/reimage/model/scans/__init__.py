"""What scanners reported about images: how many known vulnerabilities, and of which image."""
