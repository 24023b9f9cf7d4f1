using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Watchdog;

/// <summary>
/// Runs the whole thaw path once, against a temporary agent beside the ledger, so that all of its code is loaded before it is
/// needed, and a broken installation is known at start and not at the first crash.
/// </summary>
internal static class Rehearsal
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    internal static async Task RunAsync(FreezeLedger ledger, TimeProvider time, Log log)
    {
        var stage = Path.Combine(ledger.Directory, ".rehearsal");
        try
        {
            var rehearsed = FreezeLedger.Open(stage);
            var socket = Path.Combine(stage, "agent");
            File.Delete(socket);
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(socket));
            listener.Listen(1);
            using var limit = new CancellationTokenSource(Limit, time);
            var playing = PlayAgentAsync(listener, limit.Token);

            var now = time.GetUtcNow();
            rehearsed.Write(new LedgerEntry("rehearsal", null, socket, SocketHold.Exclusive, null, HostProcesses.BootId(),
                "none", 0, 0, "rehearsal", LedgerPhase.Frozen, now, now, new WindowFacts { Frozen = 1 }));
            using var thawer = new Thawer(rehearsed, entry => Guard.Connect(entry, time), time, Log.Silent, limit.Token);
            thawer.ThawOpen("rehearsal");
            await thawer.Settled.ConfigureAwait(false);
            if (rehearsed.Read("rehearsal") is not { Phase: LedgerPhase.Thawed, Facts.Thawed: 1 })
                log.Line("ALARM: the rehearsal of the thaw failed, so a real thaw may fail too");
            await limit.CancelAsync().ConfigureAwait(false);
            await playing.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or ArgumentException)
        {
            log.Line($"ALARM: the thaw could not be rehearsed: {e.Message}");
        }
        finally
        {
            if (Directory.Exists(stage))
                Directory.Delete(stage, recursive: true);
        }
    }

    private static async Task PlayAgentAsync(Socket listener, CancellationToken stop)
    {
        try
        {
            using var client = await listener.AcceptAsync(stop).ConfigureAwait(false);
            await using var stream = new NetworkStream(client);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await reader.ReadLineAsync(stop).ConfigureAwait(false) is { } line)
                await stream.WriteAsync(Answer(line.TrimStart('\u00ff')), stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The rehearsal has ended.
        }
    }

    private static byte[] Answer(string request)
    {
        using var document = JsonDocument.Parse(request);
        var root = document.RootElement;
        return root.GetProperty("execute").GetString() switch
        {
            "guest-sync-delimited" =>
            [
                0xff,
                .. Encoding.UTF8.GetBytes($"{{\"return\": {root.GetProperty("arguments").GetProperty("id").GetInt64()}}}\n"),
            ],
            "guest-fsfreeze-thaw" => "{\"return\": 1}\n"u8.ToArray(),
            _ => "{\"return\": \"thawed\"}\n"u8.ToArray(),
        };
    }
}
