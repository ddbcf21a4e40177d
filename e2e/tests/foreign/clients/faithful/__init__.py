"""Messages as devices, scripts and mail programs write them, and what must be left of them at the far end."""
