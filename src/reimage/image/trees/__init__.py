"""The files that layers make together: what each layer changes, and what is there in the end."""
