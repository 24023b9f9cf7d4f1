"""script.py DIR TARGET VMS GROUP PARALLEL: a full backup of the simulator's fleet in DIR as a careful administrator would
write it in an afternoon, with the very questions and commands that qgad sends to each VM, and no record of anything: no
journal, no ledger, no checksum, nothing settled after a fault. Prints one line of JSON."""

import asyncio
import json
import resource
import sys
import time

SYNC_LIMIT = 2
LIMIT = 60
TARGET = ""


class Agent:
    async def open(self, path):
        self.reader, self.writer = await asyncio.open_unix_connection(path)
        await asyncio.wait_for(self.sync(1), SYNC_LIMIT)

    async def sync(self, number):
        self.writer.write(b"\xff" + command("guest-sync-delimited", {"id": number}))
        while not (await self.reader.readline()).startswith(b"\xff"):
            pass

    async def call(self, name):
        self.writer.write(command(name))
        return returned(json.loads(await asyncio.wait_for(self.reader.readline(), LIMIT)))


class Monitor:
    async def open(self, path):
        self.reader, self.writer = await asyncio.open_unix_connection(path, limit=1 << 20)
        self.ended = {}
        await self.reader.readline()
        await self.call("qmp_capabilities")

    async def call(self, name, **arguments):
        self.writer.write(command(name, {key.replace("_", "-"): value for key, value in arguments.items()}))
        while "event" in (message := await self.read()):
            pass
        return returned(message)

    async def job(self, job):
        """Waits until the job has concluded."""
        while job not in self.ended:
            await self.read()
        del self.ended[job]
        if error := [known["error"] for known in await self.call("query-jobs") if known["id"] == job and "error" in known]:
            raise OSError(error[0])

    async def read(self):
        message = json.loads(await asyncio.wait_for(self.reader.readline(), LIMIT))
        if message.get("event") == "JOB_STATUS_CHANGE" and message["data"]["status"] == "concluded":
            self.ended[message["data"]["id"]] = True
        return message


class Vm:
    def __init__(self, folder, name):
        self.folder, self.name, self.agent, self.monitor = folder, name, Agent(), Monitor()

    async def open(self):
        await self.agent.open(f"{self.folder}/{self.name}/qga.sock")
        await self.monitor.open(f"{self.folder}/{self.name}/qmp.sock")

    async def prepare(self):
        if await self.agent.call("guest-fsfreeze-status") != "thawed":
            raise OSError("frozen by somebody else")
        await self.agent.call("guest-get-fsinfo")
        await self.ready()
        self.disks = [disk for disk in await self.monitor.call("query-block")
                      if "inserted" in disk and not disk["inserted"]["ro"]]
        await self.monitor.call("query-pci")
        for disk in self.disks:
            await self.monitor.call("qom-get", path=disk["qdev"], property="serial")
        await self.monitor.call("query-version")
        for index, disk in enumerate(self.disks):
            await self.make(index, disk["inserted"]["image"]["virtual-size"])
        await self.ready()

    async def ready(self):
        if not (await self.monitor.call("query-status"))["running"] or "status" in await self.monitor.call("query-migrate"):
            raise OSError("does not run, or moves")

    async def make(self, index, size):
        job, file, target = (f"{self.name}-{index}-{part}" for part in "jft")
        path = f"{TARGET}/{target}.qcow2"
        await self.create(job, {"driver": "file", "filename": path, "size": 0})
        await self.monitor.call("blockdev-add", driver="file", node_name=file, filename=path)
        await self.create(job, {"driver": "qcow2", "file": file, "size": size, "preallocation": "falloc"})
        await self.monitor.call("blockdev-add", driver="qcow2", node_name=target, file=file)

    async def create(self, job, options):
        await self.monitor.call("blockdev-create", job_id=job, options=options)
        await self.monitor.job(job)
        await self.monitor.call("job-dismiss", id=job)

    async def freeze(self):
        await self.agent.sync(2)
        if await self.agent.call("guest-fsfreeze-status") != "thawed":
            raise OSError("frozen by somebody else")
        await self.agent.call("guest-fsfreeze-freeze")

    async def cut_and_thaw(self):
        try:
            await self.monitor.call("transaction", actions=[{"type": "blockdev-backup", "data": {
                "job-id": f"{self.name}-{index}-j", "device": disk["inserted"]["node-name"], "target": f"{self.name}-{index}-t",
                "sync": "full", "auto-dismiss": False}} for index, disk in enumerate(self.disks)])
        finally:
            await self.agent.call("guest-fsfreeze-thaw")
        if await self.agent.call("guest-fsfreeze-status") != "thawed":
            raise OSError("still frozen")

    async def finish(self):
        for index in range(len(self.disks)):
            await self.monitor.job(f"{self.name}-{index}-j")
        await self.monitor.call("query-named-block-nodes", flat=True)
        for part in "tf":
            for index in range(len(self.disks)):
                await self.monitor.call("blockdev-del", node_name=f"{self.name}-{index}-{part}")
        await self.monitor.call("query-named-block-nodes", flat=True)
        for index in range(len(self.disks)):
            await self.monitor.call("job-dismiss", id=f"{self.name}-{index}-j")

    def close(self):
        for end in (self.agent, self.monitor):
            if hasattr(end, "writer"):
                end.writer.close()


def command(name, arguments=None):
    return json.dumps({"execute": name, "arguments": arguments} if arguments else {"execute": name}).encode() + b"\n"


def returned(message):
    if "error" in message:
        raise OSError(message["error"]["desc"])
    return message["return"]


async def backup(vms):
    """One group: all frozen before any is cut, each thawed right after its own cut. A member that fails fails them all."""
    try:
        for step in (Vm.open, Vm.prepare, Vm.freeze, Vm.cut_and_thaw, Vm.finish):
            await asyncio.gather(*(step(vm) for vm in vms))
        return len(vms)
    except (OSError, asyncio.TimeoutError):
        return 0
    finally:
        for vm in vms:
            vm.close()


async def main(folder, target, count, size, parallel):
    global TARGET
    TARGET = target
    names = [f"vm{number + 1:03}" for number in range(count)]
    room = asyncio.Semaphore(parallel // size)

    async def one(group):
        async with room:
            return await backup([Vm(folder, name) for name in group])

    start = time.monotonic()
    succeeded = sum(await asyncio.gather(*(one(names[at:at + size]) for at in range(0, count, size))))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": round(time.monotonic() - start, 3), "succeeded": succeeded, "failed": count - succeeded,
                      "cpu": round(used.ru_utime + used.ru_stime, 3)}))


asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
