"""A node of kinship as a program: NAME HOST:PORT KEY-FILE CONTROL-SOCKET SEED…

Prints each event as one line of JSON in the words that the harness reads, obeys datagrams on its control
socket, leaves on SIGTERM. Runs in the environment where kinship is installed, alone of this package.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys

import kinship

KINDS = {
    "MemberJoined": ("joined", "alive"),
    "MemberSuspect": ("suspected", "suspect"),
    "MemberRecovered": ("recovered", "alive"),
    "MemberDead": ("failed", "dead"),
    "MemberLeft": ("left", "left"),
    "MemberUpdated": ("updated", "alive"),
}


def say(schema, **fields):
    """One line, at once."""
    sys.stdout.write(json.dumps({"schema": schema, **fields}) + "\n")
    sys.stdout.flush()


def event(kind, member, state):
    """As an agent of iridium would print it."""
    say("iridium.event/1", event=kind, member=member, state=state, incarnation=0, why=None)


async def follow(cluster):
    """Prints events until the node is closed."""
    async for news in cluster.events():
        word = type(news).__name__
        if word in KINDS:
            event(KINDS[word][0], news.member.name, KINDS[word][1])
        elif word == "UserMessage":
            event("message", news.data.decode(), None)


async def obey(cluster, control):
    """Does what the datagrams say."""
    loop = asyncio.get_running_loop()
    while True:
        body = json.loads(await loop.sock_recv(control, 4096))
        if "update" in body:
            await cluster.set_meta({"text": body["update"]})
        if "message" in body:
            await cluster.broadcast(body["message"].encode())


async def main():
    """Until SIGTERM."""
    name, address, key_file, control_path, *seeds = sys.argv[1:]
    with open(key_file, encoding="ascii") as file:
        key = file.read().strip()
    control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(control_path)
    control.bind(control_path)
    control.setblocking(False)
    cluster = kinship.Cluster(kinship.Config.lan(name=name, bind=address, keys=[key]))
    await cluster.start()
    tasks = [asyncio.create_task(follow(cluster)), asyncio.create_task(obey(cluster, control))]
    await asyncio.sleep(0)
    say("iridium.ready/1", node=name, id="", address=address, pid=0)
    event("joined", name, "alive")
    if seeds:
        await cluster.join(seeds)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await cluster.leave()
    await cluster.close()
    for task in tasks:
        task.cancel()


asyncio.run(main())
