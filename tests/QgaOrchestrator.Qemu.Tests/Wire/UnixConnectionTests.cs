using System.Diagnostics;
using System.Net.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>What the kernel says of a socket, and what we make of it.</summary>
public sealed class UnixConnectionTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("wire").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private string SocketPath => Path.Combine(_directory, "s");

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task No_file_is_no_socket() =>
        Assert.Equal(
            new ConnectOutcome.NoSocket("no such socket"),
            await UnixConnection.ConnectAsync(SocketPath, LineMemory.Agents, TimeProvider.System)
        );

    [Fact]
    public async Task A_socket_that_nobody_listens_on_is_no_socket()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        Assert.Equal(
            new ConnectOutcome.NoSocket("nobody listens on the socket"),
            await UnixConnection.ConnectAsync(SocketPath, LineMemory.Agents, TimeProvider.System)
        );
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_is_reported_as_no_socket() =>
        Assert.IsType<ConnectOutcome.NoSocket>(
            await UnixConnection.ConnectAsync("/" + new string('x', 200), LineMemory.Agents, TimeProvider.System));

    [Fact]
    public async Task A_full_backlog_is_busy_at_once()
    {
        Listen(backlog: 1);
        var waiting = new List<UnixConnection>();
        ConnectOutcome outcome;
        while (
            (outcome = await UnixConnection.ConnectAsync(SocketPath, LineMemory.Agents, TimeProvider.System))
                is ConnectOutcome.Connected connected
        )
            waiting.Add(connected.Connection);
        Assert.IsType<ConnectOutcome.Busy>(outcome);
        Assert.Equal(2, waiting.Count); // nobody accepts: both wait, unserved
        waiting.ForEach(connection => connection.Dispose());
    }

    [Fact]
    public async Task The_process_at_the_other_end_is_known()
    {
        Listen();
        using var connection = await Connect();
        Assert.Equal(Environment.ProcessId, connection.Peer!.Pid);
    }

    [Fact]
    public async Task A_write_that_the_kernel_cannot_take_waits_and_is_whole()
    {
        Listen();
        using var connection = await Connect();
        using var server = await _listener.AcceptAsync();
        var write = connection.WriteAsync(new byte[4 << 20]).AsTask();
        Assert.False(write.IsCompleted);
        var buffer = new byte[1 << 20];
        for (var left = 4 << 20; left > 0;)
            left -= await server.ReceiveAsync(buffer);
        await write;
    }

    [Fact]
    public async Task Dispose_ends_a_read_and_a_write_in_flight()
    {
        Listen();
        var connection = await Connect();
        var read = connection.ReadLineAsync().AsTask();
        var write = connection.WriteAsync(new byte[4 << 20]).AsTask();
        connection.Dispose();
        await Assert.ThrowsAsync<IOException>(() => read);
        await Assert.ThrowsAsync<IOException>(() => write);
    }

    [Fact]
    public async Task The_end_of_the_other_side_is_the_end_of_the_lines()
    {
        Listen();
        using var connection = await Connect();
        using (var server = await _listener.AcceptAsync())
            await server.SendAsync("one\ntw"u8.ToArray());
        Assert.Equal("one"u8.ToArray(), (await connection.ReadLineAsync())!.Value.Bytes.ToArray());
        Assert.Null(await connection.ReadLineAsync());
    }

    [Fact]
    public async Task A_reply_that_waits_for_memory_is_let_go_with_its_connection()
    {
        var memory = new LineMemory(LineMemory.Long, 4 << 20);
        Listen();
        using var holder = await Connect(memory);
        using var holding = await _listener.AcceptAsync();
        var waiting = await Connect(memory);
        using var served = await _listener.AcceptAsync();
        (holder.LineLimit, waiting.LineLimit) = (1 << 20, 1 << 20);
        var held = holder.ReadLineAsync().AsTask();
        await holding.SendAsync(new byte[100_000]);
        await UntilAsync(() => memory.Held > 0);
        var read = waiting.ReadLineAsync().AsTask();
        await served.SendAsync(new byte[100_000]);
        await UntilAsync(() => waiting.WaitsForMemory);
        waiting.Dispose();
        Assert.Equal(LineFault.NoMemory, (await read)!.Value.Fault);
        await Assert.ThrowsAsync<IOException>(() => waiting.ReadLineAsync().AsTask());
        holder.Dispose();
        await Record.ExceptionAsync(() => held); // by the socket's end, or told to let go
        Assert.Equal(0, memory.Held);
    }

    private static async Task UntilAsync(Func<bool> done)
    {
        for (var began = Stopwatch.GetTimestamp(); !done(); await Task.Yield())
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
    }

    private void Listen(int backlog = 5)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(backlog);
    }

    private async Task<UnixConnection> Connect(LineMemory? memory = null) =>
        Assert
            .IsType<ConnectOutcome.Connected>(
                await UnixConnection.ConnectAsync(SocketPath, memory ?? LineMemory.Agents, TimeProvider.System)
            )
            .Connection;
}
