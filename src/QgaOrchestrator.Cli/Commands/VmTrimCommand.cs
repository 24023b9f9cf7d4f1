using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm trim</c>.</summary>
internal static class VmTrimCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var minimum =
            new Option<long?>("--minimum") { Description = "Skips free ranges that are shorter than this", HelpName = "BYTES" };
        var command =
            new CliCommand("trim", "Trims the guest's file systems: tells their disks which blocks are unused.",
                "qgactl vm trim db1", "qgactl vm trim --select app=db --max-parallel 2 --yes") { minimum };
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
                if (GuestFstrim.Read(ReplyBytes.Of(reply.Return)).Paths is not { } paths)
                {
                    host.Out.WriteLine($"{vm} is trimmed. Its agent does not report how much.");
                    return ExitCodes.Done;
                }
                var table = new TextTable("FILE SYSTEM", "TRIMMED", "");
                foreach (var path in paths)
                    table.Add(path.Path, path.Trimmed is { } bytes ? Text.Bytes(bytes) : null, path.Error);
                table.Write(host.Screen);
                return paths.Any(path => path.Error is not null) ? ExitCodes.Partial : ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }
}
