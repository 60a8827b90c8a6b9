"""What the command of an image needs at run time, followed from file to file.

Nothing is run. Where a program decides only at run time what it loads (plug-ins, imports), the
whole folder that it could load from is taken: rather too much than too little.
"""
