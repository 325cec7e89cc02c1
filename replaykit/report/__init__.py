"""What people read: summaries, conversations, tables. Everything recorded is made harmless first."""
