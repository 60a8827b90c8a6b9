"""Archives that are downloaded and unpacked, and what may fail on the way."""
