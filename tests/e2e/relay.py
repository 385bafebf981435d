#!/usr/bin/env python3
"""A TCP relay that keeps a copy of every byte, to look for what must not be there.

usage: relay.py LISTEN TARGET CAPTURE_FILE [DELAY_MS [BYTES_PER_SECOND]]

LISTEN and TARGET are PORT, of loopback, or ADDRESS:PORT.  With a delay it behaves like a long line (a satellite): each
direction has its own queue and rate.
Prints "ready" when it listens; ends with SIGTERM.
"""
import asyncio
import os
import signal
import sys


async def pump(reader, writer, capture, delay, rate):
    queue = asyncio.Queue(maxsize=4096)
    loop = asyncio.get_running_loop()

    async def feed():
        data = b"?"
        while data:
            try:
                data = await reader.read(4096)
            except ConnectionError:
                data = b""  # the other side is told by an end
            await queue.put((loop.time() + delay, data))

    feeder = asyncio.create_task(feed())
    free_at = 0.0
    try:
        while True:
            due, data = await queue.get()
            if not data:
                break
            capture.write(data)
            capture.flush()
            if rate:
                free_at = max(free_at, loop.time()) + len(data) / rate
                due = max(due, free_at + delay)
            wait = due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            writer.write(data)
            await writer.drain()
    except (ConnectionError, OSError):
        pass
    finally:
        feeder.cancel()
        writer.close()


def address(text):
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


async def main():
    listen, target, path = address(sys.argv[1]), address(sys.argv[2]), sys.argv[3]
    delay = float(sys.argv[4]) / 1000 if len(sys.argv) > 4 else 0.0
    rate = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
    capture = open(path, "ab")

    async def serve(reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection(*target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, there_writer, capture, delay, rate),
                             pump(there_reader, writer, capture, delay, rate))

    server = await asyncio.start_server(serve, *listen)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print("ready", flush=True)
    await stop.wait()
    capture.flush()
    os._exit(0)  # connections end with the process


asyncio.run(main())
