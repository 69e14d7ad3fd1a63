"""The peers that answer one path each; the classic service has a folder of its own."""
