using System.Text;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>A process in a guest whose output appears while it runs.</summary>
internal static class GuestProcessStream
{
    /// <returns>The process's exit code, 128 and the signal's number, or 125 where nobody knows.</returns>
    public static async Task<int> RunAsync(CliHost host, QgaClient client, string vm, ProcessRequest process, CancellationToken cancel)
    {
        // A character may be cut in two by the end of a piece.
        var (output, errors) = (Encoding.UTF8.GetDecoder(), Encoding.UTF8.GetDecoder());
        ProcessEnd? end = null;
        await foreach (var news in client.RunProcessAsync(vm, process, cancel).ConfigureAwait(false))
        {
            if (news is ProcessEvent.Said said) Write(said.Error ? host.Error : host.Out, said.Error ? errors : output, said.Bytes);
            else if (news is ProcessEvent.Ended ended) end = ended.End;
        }
        switch (end)
        {
            case { ExitCode: >= 0 and <= byte.MaxValue and var code }:
                return (int)code;
            case { ExitCode: { } other }:
                host.Error.WriteLine($"qgactl: its exit code is {other}, which is none here");
                return ExitCodes.NotTheGuests;
            case { Signal: { } signal }:
                host.Error.WriteLine($"qgactl: it was ended by signal {signal}");
                return signal is > 0 and < 128 ? 128 + (int)signal : ExitCodes.NotTheGuests;
            default:
                CliErrors.Write(host.Error, end?.Reason ?? "nobody knows how it ended", end?.Remedy);
                return ExitCodes.NotTheGuests;
        }
    }

    private static void Write(TextWriter to, Decoder decoder, byte[] bytes)
    {
        var text = new char[decoder.GetCharCount(bytes, flush: false)];
        to.Write(text, 0, decoder.GetChars(bytes, text, flush: false));
        to.Flush();
    }
}
