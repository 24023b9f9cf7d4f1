namespace QgaOrchestrator.Cli.Tests;

/// <summary>One call of qgactl against a fake node.</summary>
internal sealed record Ended(int Code, string Out, string Error);

internal static class Qga
{
    public static async Task<Ended> RunAsync(FakeNode? node, string[] arguments, Func<CliHost, CliHost>? host = null, CancellationToken cancel = default)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var outside = new CliHost(new StringReader(""), output, error, _ => null, new ManualTime())
        {
            Handler = node,
            RunDirectory = "/nonexistent",
        };
        if (host is not null)
            outside = host(outside);
        string[] all = node is null ? arguments : [.. arguments, "--api", "http://node:7070"];
        var code = await Qgactl.RunAsync(all, outside, cancel);
        return new Ended(code, outside.Out.ToString()!, outside.Error.ToString()!);
    }
}
