using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm memory</c>.</summary>
internal static class VmMemoryCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand("memory", "Shows the guest's memory blocks.", "qgactl vm memory db1");
        var target = new GuestTarget(host, global, command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            ulong? size =
                target.Vm(parsed) is { } name && !global.IsJson(parsed)
                    ? GuestGetMemoryBlockInfo
                        .Read(
                            ReplyBytes.Of(
                                await client
                                    .CallAgentAsync(name, GuestGetMemoryBlockInfo.Name, default, new(), cancel)
                                    .ConfigureAwait(false)
                            )
                        )
                        .Size
                : null;
            return await target.CallAsync(parsed, client, GuestGetMemoryBlocks.Request, null, (vm, reply) =>
            {
                var blocks = GuestGetMemoryBlocks.Read(ReplyBytes.Of(reply.Return));
                var on = blocks.Count(block => block.Online);
                host.Out.WriteLine(
                    $"{vm}: {on} of {Text.Count(blocks.Count, "block")} in use, of {Text.Bytes((long)size!)} each: "
                        + $"{Text.Bytes(on * (long)size)}"
                );
                foreach (var block in blocks.Where(block => !block.Online).OrderBy(block => block.PhysIndex))
                    host.Out.WriteLine($"  block {block.PhysIndex} is out of use");
                return ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }
}
