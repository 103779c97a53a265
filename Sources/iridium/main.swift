print("iridium")
