"""What the image of an application is built with, and what of that it runs with.

One file for each ecosystem; `recipes` knows them all. Nothing is guessed: a step that is not
understood is a reason to leave the file as it is.
"""
