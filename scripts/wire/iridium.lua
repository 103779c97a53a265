-- Wireshark and tshark: what of Iridium's wire is legible without a key (Specs/Wire.md, sections 2
-- and 5.1): the clear header of frames, the preamble of streams, refusals in clear.
--
--   tshark -X lua_script:scripts/wire/iridium.lua -r capture.pcap
--   tshark -X lua_script:scripts/wire/iridium.lua -i lo -Y iridium
--
-- Frames are known by their shape, on any port.

local iridium = Proto("iridium", "Iridium membership")

local suites = { [1] = "cluster key (first contact)", [2] = "pairwise" }
local codes = {
    [1] = "unknown key", [2] = "wrong cluster", [3] = "version", [4] = "busy", [5] = "alias taken",
    [6] = "protocol violation", [7] = "leaving",
    [8] = "retired key", [9] = "cannot keep", [10] = "in memory only",
    [11] = "moved", [12] = "held dead", [13] = "old boot", [14] = "no lifelines",
}

local f = iridium.fields
f.version = ProtoField.uint8("iridium.version", "Version", base.DEC, nil, 0xF0)
f.suite = ProtoField.uint8("iridium.suite", "Suite", base.DEC, suites, 0x0F)
f.kid = ProtoField.uint16("iridium.kid", "Key id", base.HEX)
f.mac = ProtoField.uint32("iridium.mac1", "Short MAC", base.HEX)
f.sender = ProtoField.uint64("iridium.sender", "Sender's boot", base.HEX)
f.sequence = ProtoField.uint64("iridium.sequence", "Sequence", base.DEC)
f.hedge = ProtoField.uint64("iridium.hedge", "Hedge", base.HEX)
f.ciphertext = ProtoField.bytes("iridium.ciphertext", "Ciphertext")
f.plaintext_length = ProtoField.uint16("iridium.plaintext_length", "Padded plaintext", base.DEC)
f.tag = ProtoField.bytes("iridium.tag", "Tag")
f.stream_kid = ProtoField.uint16("iridium.stream.kid", "Key id", base.HEX)
f.stream_mac = ProtoField.uint32("iridium.stream.mac1", "Short MAC", base.HEX)
f.length = ProtoField.uint16("iridium.stream.length", "Message length", base.DEC)
f.one_time = ProtoField.bytes("iridium.stream.one_time_key", "Caller's one-time key")
f.code = ProtoField.uint16("iridium.refusal.code", "Code", base.DEC, codes)

local FRAME_MAGIC, OVERHEAD = 0x49, 48

local function is_frame(buffer)
    local length = buffer:len()
    if length < 112 or length > 1328 or (length - OVERHEAD) % 64 ~= 0 then return false end
    local second = buffer(1, 1):uint()
    local suite = second % 16
    return buffer(0, 1):uint() == FRAME_MAGIC and second - suite == 0x10 and suites[suite] ~= nil
end

local function dissect_frame(buffer, pinfo, root)
    local length = buffer:len()
    local tree = root:add(iridium, buffer(), "Iridium frame")
    tree:add(f.version, buffer(1, 1))
    tree:add(f.suite, buffer(1, 1))
    tree:add(f.kid, buffer(2, 2))
    tree:add(f.mac, buffer(4, 4))
    tree:add(f.sender, buffer(8, 8))
    tree:add(f.sequence, buffer(16, 8))
    tree:add(f.hedge, buffer(24, 8))
    tree:add(f.ciphertext, buffer(32, length - OVERHEAD))
    tree:add(f.plaintext_length, length - OVERHEAD):set_generated()
    tree:add(f.tag, buffer(length - 16, 16))
    pinfo.cols.protocol = "IRIDIUM"
    pinfo.cols.info = string.format(
        "suite %d  boot %s  sequence %s  key %s  %d bytes of plaintext",
        buffer(1, 1):uint() % 16, tostring(buffer(8, 4):bytes()):lower(),
        tostring(buffer(16, 8):uint64()), tostring(buffer(2, 2):bytes()):lower(), length - OVERHEAD)
end

local function dissect_stream(buffer, pinfo, root)
    if buffer:len() < 8 or buffer(0, 1):uint() ~= FRAME_MAGIC then return false end
    local kind = buffer(1, 1):uint()
    if kind == 0x1A then
        local tree = root:add(iridium, buffer(), "Iridium stream: preamble and hello")
        tree:add(f.stream_kid, buffer(2, 2))
        tree:add(f.stream_mac, buffer(4, 4))
        if buffer:len() >= 42 then
            tree:add(f.length, buffer(8, 2))
            tree:add(f.one_time, buffer(10, 32))
        end
        pinfo.cols.info = string.format("stream preamble  key %s",
            tostring(buffer(2, 2):bytes()):lower())
    elseif kind == 0x1F and buffer:len() == 8 then
        local code = buffer(2, 2):uint()
        local tree = root:add(iridium, buffer(), "Iridium stream: refused in clear (unauthenticated)")
        tree:add(f.code, buffer(2, 2))
        pinfo.cols.info = "refused in clear: " .. (codes[code] or "code " .. code)
    else
        return false
    end
    pinfo.cols.protocol = "IRIDIUM"
    return true
end

-- Other streams of any port are left to others: only their first segment looks like this.
function iridium.dissector(buffer, pinfo, root)
    if is_frame(buffer) then dissect_frame(buffer, pinfo, root) end
end

iridium:register_heuristic("udp", function(buffer, pinfo, root)
    if not is_frame(buffer) then return false end
    dissect_frame(buffer, pinfo, root)
    return true
end)
iridium:register_heuristic("tcp", dissect_stream)
