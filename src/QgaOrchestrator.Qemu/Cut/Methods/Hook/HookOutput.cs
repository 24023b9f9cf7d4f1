using System.Text;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>What comes out of a hook: read to its end, so that nobody blocks on a full pipe, and kept to 64 KiB.</summary>
internal sealed class HookOutput
{
    private const int Most = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly Task _read;

    public HookOutput(StreamReader from) => _read = ReadAsync(from);

    /// <summary>What has come until now.</summary>
    public string Text
    {
        get { lock (_gate) return _text.ToString(); }
    }

    /// <summary>Waits for the end, or until nobody wants to wait any more.</summary>
    public async Task EndAsync(CancellationToken enough)
    {
        try
        {
            await _read.WaitAsync(enough).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A child outside the group keeps the pipe: what was read is what counts.
        }
    }

    private async Task ReadAsync(StreamReader from)
    {
        var buffer = new char[4096];
        try
        {
            while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                lock (_gate) _text.Append(buffer, 0, Math.Min(count, Most - _text.Length));
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The process was given up.
        }
    }
}
