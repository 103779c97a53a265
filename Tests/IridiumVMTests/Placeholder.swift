// IridiumVM
