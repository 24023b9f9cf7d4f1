using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Guests;

/// <summary>A process in a guest whose output appears while it runs.</summary>
internal static class GuestProcessStream
{
    /// <returns>The process's exit code, 128 and the signal's number, or 125 where nobody knows.</returns>
    public static async Task<int> RunAsync(
        CliHost host, QgaClient client, string vm, ProcessRequest process, CancellationToken cancel)
    {
        ProcessEnd? end = null;
        try
        {
            await foreach (var news in client.RunProcessAsync(vm, process, cancel).ConfigureAwait(false))
            {
                if (news is ProcessEvent.Said said) host.Write(said.Bytes, said.Error);
                else if (news is ProcessEvent.Ended ended) end = ended.End;
            }
        }
        catch (OperationCanceledException)
        {
            throw new CommandFailedException(
                $"interrupted: {process.Path} may still run in the guest.",
                $"Look for it: qgactl vm exec {vm} -- pgrep -a {Path.GetFileName(process.Path)}"
            );
        }
        switch (end)
        {
            case { ExitCode: >= 0 and <= byte.MaxValue and var code }:
                return (int)code;
            case { ExitCode: { } other }:
                host.Error.WriteLine($"qgactl: the process ended with {other}, which is no exit code on this system");
                return ExitCodes.NotTheGuests;
            case { Signal: { } signal }:
                host.Error.WriteLine($"qgactl: the process was ended by signal {signal}");
                return signal is > 0 and < 128 ? 128 + (int)signal : ExitCodes.NotTheGuests;
            default:
                CliErrors.Write(host.Error, end?.Reason ?? "it is not known how the process ended", end?.Remedy);
                return ExitCodes.NotTheGuests;
        }
    }
}
