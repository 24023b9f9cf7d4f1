using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm shutdown</c>, <c>reboot</c> and <c>suspend</c>: an agent does not answer their success, so what ended them is
/// told.</summary>
internal static class VmPowerCommands
{
    public static CliCommand Shutdown(CliHost host, GlobalOptions global)
    {
        var halt = new Option<bool>("--halt") { Description = "Halts the guest and leaves QEMU running" };
        var command = new CliCommand(
            "shutdown", "Powers the guest off, through its agent.", "qgactl vm shutdown db1 --yes") { halt };
        return Acting(host, global, command, [], (parsed, _) =>
            parsed.GetValue(halt)
                ? ("Halt", GuestShutdown.Request(ShutdownMode.Halt))
                : ("Power off", GuestShutdown.Request(ShutdownMode.Powerdown))
        );
    }

    public static CliCommand Reboot(CliHost host, GlobalOptions global) =>
        Acting(host, global, new CliCommand("reboot", "Reboots the guest, through its agent.",
            "qgactl vm reboot --select app=web --max-parallel 1 --soak 2m --waves 1,50%"), [], (_, _) =>
            ("Reboot", GuestShutdown.Request(ShutdownMode.Reboot))
        );

    public static CliCommand Suspend(CliHost host, GlobalOptions global) =>
        Acting(
            host,
            global,
            new CliCommand(
                "suspend",
                "Suspends the guest to memory (ram), to its swap (disk) or to both (hybrid). qgactl vm wake wakes it.",
                "qgactl vm suspend db1 ram"
            ),
            ["ram|disk|hybrid"],
            (parsed, target) =>
                target.Word(parsed, 0) switch
            {
                "ram" => ("Suspend to memory", GuestSuspendRam.Request),
                "disk" => ("Suspend to disk", GuestSuspendDisk.Request),
                "hybrid" => ("Suspend to memory and disk", GuestSuspendHybrid.Request),
                var other => throw new UsageException($"'{other}' is not a way to suspend.", "Use ram, disk or hybrid."),
            });

    private static CliCommand Acting(
        CliHost host,
        GlobalOptions global,
        CliCommand command,
        string[] words,
        Func<ParseResult, GuestTarget, (string Question, AgentRequest Request)> what
    )
    {
        var target = new GuestTarget(host, global, command, words);
        command.SetAction(async (parsed, cancel) =>
        {
            var (question, request) = what(parsed, target);
            using var client = global.Connect(parsed, host);
            return await target.CallAsync(parsed, client, request, question, Show, cancel).ConfigureAwait(false);
        });
        return command;

        int Show(string vm, AgentCallReply reply)
        {
            host.Out.WriteLine($"{vm}: {CompletionText.Of(reply) ?? "its agent has answered"}.");
            // Sent, and nothing of it seen: that is no success.
            return reply.CompletedBy == "timeout" ? ExitCodes.Failed : ExitCodes.Done;
        }
    }
}
