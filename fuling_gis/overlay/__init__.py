"""The engine: it puts every rule to every site. It reads no file and draws nothing."""
