"""A whole run: a command or a block of a program, with a session inside it and in its children."""
