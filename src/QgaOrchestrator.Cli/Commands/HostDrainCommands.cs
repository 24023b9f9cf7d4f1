using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>host drain</c> and <c>host undrain</c>: empties a host, so that its node can be stopped.</summary>
internal static class HostDrainCommands
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public static CliCommand Drain(CliHost host, GlobalOptions global)
    {
        var name = HostCommands.Name();
        var wait = new Option<bool>("--wait") { Description = "Waits until nothing is under way there" };
        var command = new CliCommand(
            "drain",
            "Empties a host: it begins no item, and what is under way there goes on to its end. Its items wait in their runs. "
                + "Calls and thaws go on. It stays so across restarts, until host undrain.",
            "qgactl host drain hv1 --wait"
        ) { name, wait };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var one = await client.DrainHostAsync(parsed.GetRequiredValue(name), on: true, cancel).ConfigureAwait(false);
            if (parsed.GetValue(wait))
                one = await WaitAsync(host, client, one, isSilent: global.IsJson(parsed), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, one);
            else host.Out.WriteLine(Sentence(one));
            return ExitCodes.Done;
        });
        return command;
    }

    public static CliCommand Undrain(CliHost host, GlobalOptions global)
    {
        var name = HostCommands.Name();
        var command = new CliCommand(
            "undrain", "Has a host begin items again.", "qgactl host undrain hv1") { name };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var one = await client.DrainHostAsync(parsed.GetRequiredValue(name), on: false, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, one);
            else host.Out.WriteLine($"{one.Name} begins items again.");
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Also while the host is away: it is still draining when it is back.</summary>
    private static async Task<Host> WaitAsync(
        CliHost host, QgaClient client, Host one, bool isSilent, CancellationToken cancel)
    {
        using var line = new StatusLine(host.Error, host.IsTerminal && !isSilent);
        var told = "";
        while (one.State != HostStates.Drained)
        {
            if (one.State == HostStates.Up)
                throw new CommandFailedException(
                    $"{one.Name} is not draining any more.",
                    $"Somebody has undrained it. Again: qgactl host drain {one.Name} --wait");
            var now = Sentence(one);
            if (host.IsTerminal) line.Show(now);
            else if (!isSilent && now != told) line.Tell(now);
            told = now;
            await Task.Delay(LookAgain, host.Time, cancel).ConfigureAwait(false);
            one = await client.GetHostAsync(one.Name, cancel).ConfigureAwait(false);
        }
        return one;
    }

    private static string Sentence(Host one) => one.State switch
    {
        HostStates.Drained => $"{one.Name} is drained.",
        HostStates.Draining => $"{one.Name} is draining: {Text.Count(one.Items ?? 0, "item")} under way, "
            + $"{Text.Count(one.Windows ?? 0, "VM")} frozen.",
        _ => $"{one.Name} is {one.State}.",
    };
}
