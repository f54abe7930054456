"""What a finished run came to, as figures, tables and one page to pass on."""
