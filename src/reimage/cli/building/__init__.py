"""docker build's flags, as they are typed there, in the words of buildkit_client."""
