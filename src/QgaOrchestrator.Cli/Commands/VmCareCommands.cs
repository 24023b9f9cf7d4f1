using System.CommandLine;
using System.Globalization;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm trim</c>, <c>time</c>, <c>cpus</c> and <c>memory</c>.</summary>
internal static class VmCareCommands
{
    public static Command Trim(CliHost host, GlobalOptions global)
    {
        var minimum =
            new Option<long?>("--minimum") { Description = "Skips free ranges that are shorter than this", HelpName = "BYTES" };
        var command =
            new Command("trim", "Trims the guest's file systems: tells their disks which blocks are unused.") { minimum };
        var target = new GuestTarget(host, global, command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(minimum) < 0) result.AddError("--minimum: a length in bytes is 0 or more.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            return await target
                .CallAsync(
                    parsed,
                    client,
                    GuestFstrim.Request(parsed.GetValue(minimum)),
                    "Trim the file systems of",
                    (vm, reply) =>
            {
                if (GuestFstrim.Read(GuestTarget.Bytes(reply.Return)).Paths is not { } paths)
                {
                    host.Out.WriteLine($"{vm} is trimmed. Its agent does not report how much.");
                    return ExitCodes.Done;
                }
                var table = new TextTable("FILE SYSTEM", "TRIMMED", "");
                foreach (var path in paths)
                    table.Add(path.Path, path.Trimmed is { } bytes ? Text.Bytes(bytes) : null, path.Error);
                table.Write(host.Out, host.TableWidth);
                return paths.Any(path => path.Error is not null) ? ExitCodes.Partial : ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    public static Command Time(CliHost host, GlobalOptions global)
    {
        var sync = new Option<bool>("--sync")
        {
            Description = "Sets the guest's clock from its hardware clock (Windows: from its time service)",
        };
        var command = new Command("time", "Shows the guest's clock, and its difference from this machine's clock.") { sync };
        var target = new GuestTarget(host, global, command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            if (parsed.GetValue(sync))
            {
                return await target.CallAsync(parsed, client, GuestSetTime.Request(null), "Set the clock of", (vm, _) =>
                {
                    host.Out.WriteLine($"The clock of {vm} is set from its hardware clock.");
                    return ExitCodes.Done;
                }, cancel).ConfigureAwait(false);
            }
            var asked = host.Time.GetUtcNow();
            return await target.CallAsync(parsed, client, GuestGetTime.Request, null, (vm, reply) =>
            {
                var (guest, heard) = (GuestGetTime.Read(GuestTarget.Bytes(reply.Return)), host.Time.GetUtcNow());
                // The guest looked at its clock somewhere between question and answer.
                var (offset, doubt) = (guest - (asked + (heard - asked) / 2), (heard - asked) / 2);
                host.Out.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{vm}: {Text.Time(guest)}, {Math.Abs(offset.TotalSeconds):0.000} s "
                            + $"{(offset < TimeSpan.Zero ? "behind" : "ahead of")} this machine's clock (give or take "
                                + $"{doubt.TotalSeconds:0.000} s)"
                    )
                );
                return ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    public static Command Cpus(CliHost host, GlobalOptions global)
    {
        var online = new Option<long[]>("--online")
        {
            Description = "Sets these processors online",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
        };
        var offline = new Option<long[]>("--offline")
        {
            Description = "Sets these processors offline",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("cpus", "Lists the guest's processors, or sets some online or offline.") { online, offline };
        var target = new GuestTarget(host, global, command);
        command.SetAction(async (parsed, cancel) =>
        {
            GuestVcpu[] wanted =
            [
                .. (parsed.GetValue(online) ?? []).Select(id => new GuestVcpu(id, true)),
                .. (parsed.GetValue(offline) ?? []).Select(id => new GuestVcpu(id, false)),
            ];
            if (wanted.GroupBy(cpu => cpu.LogicalId).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new UsageException($"Processor {twice.Key} is named twice.", "Name each once, with --online or --offline.");
            if (Array.Find(wanted, cpu => cpu.LogicalId < 0) is { } odd)
                throw new UsageException($"There is no processor {odd.LogicalId}.", "qgactl vm cpus VM lists them.");
            using var client = global.Connect(parsed, host);
            if (wanted.Length == 0)
            {
                return await target.CallAsync(parsed, client, GuestGetVcpus.Request, null, (_, reply) =>
                {
                    var table = new TextTable("CPU", "ONLINE", "CAN GO OFFLINE");
                    foreach (var cpu in GuestGetVcpus.Read(GuestTarget.Bytes(reply.Return)).OrderBy(cpu => cpu.LogicalId))
                        table.Add($"{cpu.LogicalId}", YesNo(cpu.Online), cpu.CanOffline is { } can ? YesNo(can) : null);
                    table.Write(host.Out, host.TableWidth);
                    return ExitCodes.Done;
                }, cancel).ConfigureAwait(false);
            }
            return await target
                .CallAsync(
                    parsed,
                    client,
                    GuestSetVcpus.Request(wanted),
                    "Change the processors of",
                    (vm, reply) =>
            {
                // The agent takes them in order and ends at the first that it cannot change.
                var done = GuestSetVcpus.Read(GuestTarget.Bytes(reply.Return));
                if (done >= wanted.Length)
                {
                    host.Out.WriteLine($"{Text.Count(done, "processor")} of {vm} changed.");
                    return ExitCodes.Done;
                }
                CliErrors.Write(
                    host.Error,
                    $"{vm}: processor {wanted[done].LogicalId} cannot be changed; {done} of {wanted.Length} were.",
                    "qgactl vm cpus VM shows which can go offline."
                );
                return ExitCodes.Partial;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    public static Command Memory(CliHost host, GlobalOptions global)
    {
        var command = new Command("memory", "Shows the guest's memory blocks.");
        var target = new GuestTarget(host, global, command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            ulong? size =
                target.Vm(parsed) is { } name && !global.IsJson(parsed)
                    ? GuestGetMemoryBlockInfo
                        .Read(
                            GuestTarget.Bytes(
                                await client
                                    .CallAgentAsync(name, GuestGetMemoryBlockInfo.Name, default, new(), cancel)
                                    .ConfigureAwait(false)
                            )
                        )
                        .Size
                : null;
            return await target.CallAsync(parsed, client, GuestGetMemoryBlocks.Request, null, (vm, reply) =>
            {
                var blocks = GuestGetMemoryBlocks.Read(GuestTarget.Bytes(reply.Return));
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

    private static string YesNo(bool yes) => yes ? "yes" : "no";
}
