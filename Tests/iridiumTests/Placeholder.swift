// iridium
