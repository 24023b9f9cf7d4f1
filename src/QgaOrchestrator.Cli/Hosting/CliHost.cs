using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Cli.Hosting;

/// <summary>Everything outside that qgactl touches, so that a test can give it another.</summary>
internal sealed record CliHost(
    TextReader In, TextWriter Out, TextWriter Error, Func<string, string?> Environment, TimeProvider Time)
{
    /// <summary>Standard output is a terminal that can be redrawn.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>The terminal's width and height in characters.</summary>
    public Func<(int Width, int Height)> Size { get; init; } = () => (80, 24);

    /// <summary>The first line of standard input; typed at a terminal, it is not shown. Null: there is none.</summary>
    public Func<Secret?> ReadSecret { get => field ?? (() => SecretOf(In.ReadLine())); init; }

    /// <summary>All of standard input, which may hold secrets. Null: it is empty.</summary>
    public Func<Secret?> ReadAllSecret { get => field ?? (() => SecretOf(In.ReadToEnd())); init; }

    /// <summary>Asks for a secret, which is not shown; null: there is no terminal to ask at.</summary>
    public Func<string, Secret?> AskSecret { get; init; } = static _ => null;

    /// <summary>The bytes below <see cref="In"/>, <see cref="Out"/> and <see cref="Error"/>: what a guest's process reads and
    /// says need not be text.</summary>
    public (Stream In, Stream Out, Stream Error) Bytes { get; init; } = (Stream.Null, Stream.Null, Stream.Null);

    /// <summary>Where nodes leave their address, in a folder for each host.</summary>
    public string RunDirectory { get; init; } = "/run/qgad";

    /// <summary>Whether SIGTERM is why qgactl is to end, and not Ctrl-C.</summary>
    public Func<bool> IsTerminated { get; init; } = static () => false;

    /// <summary>The way to a node; null: the network.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Standard output, for people.</summary>
    public Screen Screen => !IsTerminal
        ? new Screen(Out)
        : new Screen(Out) { Width = Size().Width, Colour = IsColoured, Zone = Time.LocalTimeZone };

    /// <summary>https://no-color.org</summary>
    private bool IsColoured => string.IsNullOrEmpty(Environment("NO_COLOR"));

    /// <summary>How runs of each kind are shown.</summary>
    public KindDisplays Kinds { get; init; } = new();

    /// <summary>What a guest said, as it said it.</summary>
    public void Write(ReadOnlySpan<byte> said, bool error = false)
    {
        // Words of ours that came before it stay before it.
        (error ? Error : Out).Flush();
        var to = error ? Bytes.Error : Bytes.Out;
        to.Write(said);
        to.Flush();
    }

    /// <summary>Standard input to its end.</summary>
    public async Task<byte[]> ReadBytesAsync(CancellationToken cancel)
    {
        using var all = new MemoryStream();
        // A terminal or a pipe that is silent does not hear of the cancellation.
        await Bytes.In.CopyToAsync(all, cancel).WaitAsync(cancel).ConfigureAwait(false);
        return all.ToArray();
    }

    public static CliHost OfThisProcess()
    {
        var input = Console.OpenStandardInput();
        return new(Console.In, Console.Out, Console.Error, System.Environment.GetEnvironmentVariable, TimeProvider.System)
        {
            Bytes = (input, Console.OpenStandardOutput(), Console.OpenStandardError()),
            ReadSecret = Console.IsInputRedirected ? () => SecretInput.Line(input) : () => SecretInput.Typed("Password: "),
            AskSecret = static prompt => Console.IsInputRedirected ? null : SecretInput.Typed(prompt),
            ReadAllSecret = () => SecretInput.All(input),
            IsTerminal = !Console.IsOutputRedirected
                && System.Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb",
            Size = static () =>
                (Console.WindowWidth > 20 ? Console.WindowWidth : 80, Console.WindowHeight > 10 ? Console.WindowHeight : 24),
        };
    }

    private static Secret? SecretOf(string? text) => text is null ? null : Secret.Of(text.AsSpan());
}
