using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>
/// A file that is open in a guest. Each read and write names its offset, so that whatever became of the channel or the agent
/// - which forgets its handles when it is started anew - the next one opens the file again and goes on there. What is
/// opened is closed, also behind a lost reply; only a handle whose number was lost with its reply stays in the agent.
/// </summary>
public sealed class OpenGuestFile : IAsyncDisposable
{
    /// <summary>How long a file waits for a channel that does not come back.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>A window is open for seconds at the most; who opens a file waits for its end.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly AgentCall _call;
    private readonly string _path;
    private readonly string _mode;
    private readonly TimeProvider _time;
    private readonly List<long> _stale = [];
    private long? _handle;
    private long? _at;

    /// <param name="mode">Of a file that is opened again: it never truncates.</param>
    private OpenGuestFile(AgentCall call, string path, string mode, TimeProvider time) =>
        (_call, _path, _mode, _time) = (call, path, mode, time);

    /// <exception cref="GuestCallException">It cannot be opened, or the guest cannot be asked now.</exception>
    public static Task<OpenGuestFile> ForReadingAsync(AgentCall call, string path, TimeProvider time, CancellationToken cancel) =>
        OpenAsync(call, path, "r", "r", time, cancel);

    /// <summary>Makes it, or empties the one that is there.</summary>
    /// <exception cref="GuestCallException">It cannot be opened, or the guest cannot be asked now.</exception>
    public static Task<OpenGuestFile> AnewAsync(AgentCall call, string path, TimeProvider time, CancellationToken cancel) =>
        OpenAsync(call, path, "w", "r+", time, cancel);

    /// <summary>One that is there.</summary>
    /// <exception cref="GuestCallException">It cannot be opened, or the guest cannot be asked now.</exception>
    public static Task<OpenGuestFile> ForWritingAsync(AgentCall call, string path, TimeProvider time, CancellationToken cancel) =>
        OpenAsync(call, path, "r+", "r+", time, cancel);

    private static async Task<OpenGuestFile> OpenAsync(
        AgentCall call, string path, string mode, string again, TimeProvider time, CancellationToken cancel)
    {
        var file = new OpenGuestFile(call, path, again, time);
        for (var since = time.GetTimestamp(); ; await Task.Delay(Pause, time, cancel))
        {
            try
            {
                file._handle = await call.ReadAsync(GuestFileOpen.Request(path, mode), GuestFileOpen.Read);
                file._at = 0;
                return file;
            }
            catch (GuestCallException e) when (e.IsBusy && time.GetElapsedTime(since) < Turn)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>The size as it is now; null where it has none, as a pipe.</summary>
    public async Task<long?> LengthAsync(CancellationToken cancel)
    {
        try
        {
            return await PersistAsync(async handle =>
            {
                _at = null;
                return (await _call.ReadAsync(GuestFileSeek.Request(handle, 0, SeekOrigin.End), GuestFileSeek.Read)).Position;
            }, cancel);
        }
        catch (GuestCallException e) when (e.Reply is CallReply.AgentFailed && !e.IsNotAllowed)
        {
            return null;
        }
    }

    /// <summary>At most so many bytes; fewer, or none, at its end.</summary>
    /// <exception cref="GuestCallException">It cannot be read, or the channel has not come back in time.</exception>
    public Task<GuestFileChunk> ReadAsync(long offset, int count, CancellationToken cancel) => PersistAsync(async handle =>
    {
        await SeekAsync(handle, offset);
        _at = null;
        var chunk = await _call.ReadAsync(GuestFileRead.Request(handle, count), GuestFileRead.Read);
        if (chunk.Bytes.Length > count)
            throw AgentCallReplies.NotUnderstood(
                GuestFileRead.Name, $"{chunk.Bytes.Length} bytes came instead of the requested {count}");
        _at = offset + chunk.Bytes.Length;
        return chunk;
    }, cancel);

    /// <summary>All of them, as far as the guest's kernel: an agent that ends after this takes nothing of it along.</summary>
    /// <exception cref="GuestCallException">It cannot be written, or the channel has not come back in time.</exception>
    public Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancel) => PersistAsync(async handle =>
    {
        await SeekAsync(handle, offset);
        _at = null;
        for (var written = 0; written < bytes.Length;)
        {
            // May be fewer than were sent.
            var count = (await _call.ReadAsync(GuestFileWrite.Request(handle, bytes[written..]), GuestFileWrite.Read)).Count;
            written += count > 0 && count <= bytes.Length - written ? (int)count : throw new GuestFaultException(
                GuestFaultKind.Failed, $"{_path} cannot be written further.", "See whether the guest's file system is full.");
        }
        await _call.ReturnedAsync(GuestFileFlush.Request(handle));
        _at = offset + bytes.Length;
        return true;
    }, cancel);

    /// <summary>Closes it, for whoever has lost interest too.</summary>
    public async ValueTask DisposeAsync()
    {
        Forget();
        for (var since = _time.GetTimestamp(); ; await Task.Delay(Pause, _time, CancellationToken.None))
        {
            try
            {
                await CloseStaleAsync();
                return;
            }
            catch (GuestCallException e)
            {
                if (!e.IsPassing || _time.GetElapsedTime(since) >= Turn) return;
            }
        }
    }

    /// <summary>
    /// Does it, again and again while the channel is away. The agent's own error may mean that it has forgotten the handle, so
    /// it is believed when it comes for one that was just opened.
    /// </summary>
    private async Task<T> PersistAsync<T>(Func<long, Task<T>> work, CancellationToken cancel)
    {
        var since = _time.GetTimestamp();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var kept = _handle is not null;
            try
            {
                return await work(_handle ??= await OpenAgainAsync());
            }
            catch (GuestCallException e) when (e.Reply is CallReply.AgentFailed && kept && !e.IsNotAllowed)
            {
                Forget();
            }
            catch (GuestCallException e) when (e.IsPassing && _time.GetElapsedTime(since) < Patience)
            {
                _at = null;
                if (e.Reply is CallReply.Unknown) Forget();
                await Task.Delay(Pause, _time, cancel);
            }
        }
    }

    private async Task<long> OpenAgainAsync()
    {
        await CloseStaleAsync();
        var handle = await _call.ReadAsync(GuestFileOpen.Request(_path, _mode), GuestFileOpen.Read);
        _at = 0;
        return handle;
    }

    private async Task SeekAsync(long handle, long offset)
    {
        if (_at == offset) return;
        await _call.ReturnedAsync(GuestFileSeek.Request(handle, offset, SeekOrigin.Begin));
        _at = offset;
    }

    private void Forget()
    {
        if (_handle is { } handle) _stale.Add(handle);
        (_handle, _at) = (null, null);
    }

    /// <summary>An agent that was started anew does not know them, and says so.</summary>
    private async Task CloseStaleAsync()
    {
        while (_stale is [.., var handle])
        {
            try
            {
                await _call.ReturnedAsync(GuestFileClose.Request(handle));
            }
            catch (GuestCallException e) when (e.Reply is CallReply.AgentFailed)
            {
                // It is closed.
            }
            _stale.Remove(handle);
        }
    }
}
