using System.Net.Sockets;
using System.Text;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>The other end of a socket, in a test's hands: one connection after the other, each served by the test's own
/// lines.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("peer").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<RawPeer, int, Task> _serve;
    private readonly Task _serving;
    private NetworkStream _stream = null!;
    private StreamReader _reader = null!;

    /// <param name="serve">Serves one connection; its number counts from 0.</param>
    public RawPeer(Func<RawPeer, int, Task> serve)
    {
        _serve = serve;
        _listener.Bind(new UnixDomainSocketEndPoint(Socket));
        _listener.Listen(1);
        _serving = ServeAsync();
    }

    public string Socket => Path.Combine(_directory, "s");

    /// <summary>Null at the connection's end.</summary>
    public ValueTask<string?> HearAsync() => _reader.ReadLineAsync(_stop.Token);

    public Task SayAsync(string text) => SayAsync(Encoding.Latin1.GetBytes(text));

    public Task SayAsync(byte[] bytes) => _stream.WriteAsync(bytes, _stop.Token).AsTask();

    /// <summary>Says it until nobody reads any more.</summary>
    public async Task FloodAsync(string text)
    {
        while (true) await SayAsync(text);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task ServeAsync()
    {
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            try
            {
                using var client = await _listener.AcceptAsync(_stop.Token);
                await using (_stream = new NetworkStream(client))
                using (_reader = new StreamReader(_stream, Encoding.Latin1))
                {
                    await _serve(this, number);
                }
            }
            catch (Exception e) when (
                e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone, or the test has ended.
            }
        }
    }
}
