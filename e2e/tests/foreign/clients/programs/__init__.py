"""Programs that send mail, each in a room of its own: what they are given, and what arrived."""
