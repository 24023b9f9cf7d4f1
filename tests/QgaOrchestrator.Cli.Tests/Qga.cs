using System.Text;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>One call of qgactl against a fake node.</summary>
internal sealed record Ended(int Code, string Out, string Error);

internal static class Qga
{
    public static async Task<Ended> RunAsync(
        FakeNode? node, string[] arguments, Func<CliHost, CliHost>? host = null, CancellationToken cancel = default)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var outside = new CliHost(new StringReader(""), Words(output), Words(error), _ => null, new ManualTime())
        {
            Bytes = (Stream.Null, output, error),
            Handler = node,
            RunDirectory = "/nonexistent",
        };
        if (host is not null)
            outside = host(outside);
        string[] all = node is null ? arguments : [.. arguments, "--api", "http://node:7070"];
        var code = await Qgactl.RunAsync(all, outside, cancel);
        return new Ended(code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }

    private static StreamWriter Words(Stream to) => new(to, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };
}
