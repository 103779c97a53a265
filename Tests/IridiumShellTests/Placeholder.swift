// IridiumShell
