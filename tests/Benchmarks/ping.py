"""ping.py DIR VMS PARALLEL: a guest-ping of every agent in DIR as an administrator's script would write it with asyncio:
connect, sync, ping, close. It keeps no record. Prints one line of JSON with its seconds and processor time."""
import asyncio
import json
import resource
import sys
import time


async def ping(path, number, room):
    async with room:
        reader, writer = await asyncio.open_unix_connection(path)
        sync = {"execute": "guest-sync-delimited", "arguments": {"id": number}}
        writer.write(b"\xff" + json.dumps(sync).encode() + b"\n")
        while json.loads((await reader.readline()).lstrip(b"\xff")).get("return") != number:
            pass
        writer.write(b'{"execute": "guest-ping"}\n')
        reply = json.loads(await reader.readline())
        writer.close()
        return "return" in reply


async def main(fleet, vms, parallel):
    room = asyncio.Semaphore(parallel)
    pings = (ping(f"{fleet}/vm{n + 1:05}/qga.sock", n + 1, room) for n in range(vms))
    assert all(await asyncio.gather(*pings))


began = time.monotonic()
asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"seconds": time.monotonic() - began, "cpu": used.ru_utime + used.ru_stime}))
