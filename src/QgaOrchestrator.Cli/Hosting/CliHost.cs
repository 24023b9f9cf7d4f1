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

    /// <summary>The first line of standard input; typed at a terminal, it is not shown.</summary>
    public Func<string?> ReadSecret { get => field ?? In.ReadLine; init; }

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

    public static CliHost OfThisProcess() => new(
        Console.In, Console.Out, Console.Error, System.Environment.GetEnvironmentVariable, TimeProvider.System)
    {
        Bytes = (Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.OpenStandardError()),
        ReadSecret = Console.IsInputRedirected ? Console.In.ReadLine : HiddenLine,
        AskSecret = static prompt => Console.IsInputRedirected ? null : HiddenSecret(prompt),
        IsTerminal =
            !Console.IsOutputRedirected && System.Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb",
        Size = static () =>
            (Console.WindowWidth > 20 ? Console.WindowWidth : 80, Console.WindowHeight > 10 ? Console.WindowHeight : 24),
    };

    /// <summary>What is typed is in one place, which is overwritten.</summary>
    private static Secret HiddenSecret(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = GC.AllocateArray<char>(1024, pinned: true);
        try
        {
            var length = 0;
            while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            {
                if (key.Key == ConsoleKey.Backspace) length = Math.Max(0, length - 1);
                else if (length < typed.Length) typed[length++] = key.KeyChar;
            }
            Console.Error.WriteLine();
            return Secret.Of(typed.AsSpan(0, length));
        }
        finally
        {
            Array.Clear(typed);
        }
    }

    private static string? HiddenLine()
    {
        Console.Error.Write("Password: ");
        var line = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace) line.Append(key.KeyChar);
            else if (line.Length > 0) line.Length--;
        }
        Console.Error.WriteLine();
        return line.ToString();
    }
}
