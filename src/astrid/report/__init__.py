"""HTML pages and terminal tables of finished analyses; nothing is computed here."""
