"""Images for people and programs: the terminal, JSON, Markdown, annotations and a page."""
