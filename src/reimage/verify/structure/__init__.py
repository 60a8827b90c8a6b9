"""Files of container-structure-test: what an image is to hold, and what its commands are to say.

`reading` takes the file, `plan` is what it asks, `metadata` and `files` look whether an image keeps
it, `trying` puts that together and runs the commands, in containers inside the builder and never on
this machine.
"""
