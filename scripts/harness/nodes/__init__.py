"""The nodes of a cluster: processes, addresses, what they print, and what each believes."""
