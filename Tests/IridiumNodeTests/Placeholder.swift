// IridiumNode
