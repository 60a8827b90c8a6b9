"""Smoke tests: does the application of an image still start and answer?

`plan` reads what is to be asked, `running` asks it of a container inside the builder, `judging`
compares what the images before and after said. Nothing runs on this machine.
"""
