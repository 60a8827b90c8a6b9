"""Images as a user asks for them: read or built, told line by line, compared, held to budgets.

Data only: nothing here prints.
"""
