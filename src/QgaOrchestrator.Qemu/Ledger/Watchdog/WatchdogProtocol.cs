using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace QgaOrchestrator.Qemu.Ledger.Watchdog;

/// <summary>
/// What node and watchdog say to each other over <c>LEDGER/watchdog.sock</c>, a stream. First each sends its hello, a line
/// <c>qga-watchdog VERSION LEDGER</c>; a peer whose version or ledger differs is answered <c>refused REASON</c> and dropped.
/// Then single bytes: the node sends <see cref="Beat"/> each <see cref="Interval"/>, the watchdog echoes each, and sends
/// <see cref="Leaving"/> when it was told to stop, after which no window may be opened. The end of the stream is the
/// sender's death.
/// </summary>
public static class WatchdogProtocol
{
    public const int Version = 1;
    public const byte Beat = (byte)'.';
    public const byte Leaving = (byte)'!';

    /// <summary>How often the node beats.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>A peer that has been silent this long hangs.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private const string Name = "qga-watchdog";
    private const string RefusedWord = "refused ";
    private const int MaxLine = 4096 + 64;

    /// <summary>The socket of the ledger's watchdog.</summary>
    public static string SocketOf(FreezeLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return Path.Combine(ledger.Directory, "watchdog.sock");
    }

    public static string Hello(FreezeLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return string.Create(CultureInfo.InvariantCulture, $"{Name} {Version} {ledger.Directory}");
    }

    public static string Refused(string reason) => RefusedWord + reason;

    /// <summary>Why the peer with this hello is refused; null: it is ours.</summary>
    public static string? Judge(string? hello, FreezeLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        if (hello is null)
            return "it hung up before its hello";
        if (hello.StartsWith(RefusedWord, StringComparison.Ordinal))
            return $"it refused us: {hello[RefusedWord.Length..]}";
        return hello.Split(' ', 3) switch
        {
            [Name, var version, _] when version != Version.ToString(CultureInfo.InvariantCulture) =>
                $"it speaks version {version} of the protocol, this program version {Version}",
            [Name, _, var theirs] => theirs == ledger.Directory ? null : $"its ledger is {theirs}, not {ledger.Directory}",
            _ => "its first line is no hello",
        };
    }

    public static async Task SendLineAsync(Socket socket, string line, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(socket);
        await socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"), stop).ConfigureAwait(false);
    }

    /// <summary>The peer's hello, byte by byte, so that no beat behind it is taken; null at the end of the stream.</summary>
    public static async Task<string?> ReadLineAsync(Socket socket, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var line = new List<byte>(128);
        var one = new byte[1];
        while (line.Count < MaxLine && await socket.ReceiveAsync(one, stop).ConfigureAwait(false) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]);
            line.Add(one[0]);
        }
        return null;
    }
}
