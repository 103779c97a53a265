// IridiumAssembler
