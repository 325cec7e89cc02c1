"""The core: pure functions over frozen values. No file, socket, clock, random number or logger."""
