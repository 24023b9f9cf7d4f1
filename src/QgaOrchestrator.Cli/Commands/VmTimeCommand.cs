using System.CommandLine;
using System.Globalization;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm time</c>.</summary>
internal static class VmTimeCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var sync = new Option<bool>("--sync")
        {
            Description = "Sets the guest's clock from its hardware clock (Windows: from its time service)",
        };
        var command = new CliCommand("time", "Shows the guest's clock, and its difference from this machine's clock.",
            "qgactl vm time db1", "qgactl vm time db1 --sync") { sync };
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
                var (guest, heard) = (GuestGetTime.Read(ReplyBytes.Of(reply.Return)), host.Time.GetUtcNow());
                // The guest looked at its clock somewhere between question and answer.
                var (offset, doubt) = (guest - (asked + (heard - asked) / 2), (heard - asked) / 2);
                host.Out.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{vm}: {host.Screen.Time(guest)}, {Math.Abs(offset.TotalSeconds):0.000} s "
                            + $"{(offset < TimeSpan.Zero ? "behind" : "ahead of")} this machine's clock (give or take "
                                + $"{doubt.TotalSeconds:0.000} s)"
                    )
                );
                return ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }
}
