using System.Net.Sockets;
using System.Text;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

public sealed class RpcTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = LibvirtLab.Long, Short = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeLibvirtd _daemon;

    public RpcTests() => _daemon = new(_directory.Path);

    private string Socket => _directory["libvirt-sock"];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Values_are_written_as_XDR_and_read_back()
    {
        var id = Guid.NewGuid();
        var message = new RpcDomain("db1", id, 7).Write(new XdrWriter()).Optional(null).Optional("é").Long(1UL << 40).Message;
        var reader = new XdrReader(message.Span[RpcMessage.HeadLength..]);
        Assert.Equal(new RpcDomain("db1", id, 7), RpcDomain.Read(ref reader));
        Assert.Null(reader.Optional());
        Assert.Equal("é", reader.Optional());
        Assert.Equal(1UL << 40, reader.Long());
        // 4 bytes of length, the name filled up to 4, 16 of UUID, 4 of id.
        Assert.Equal("\0\0\0\u0003db1\0", Encoding.Latin1.GetString(message.Span[RpcMessage.HeadLength..][..8]));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 9, 1 })]
    [InlineData(new byte[] { 0x7f, 0, 0, 0 })]
    public void A_text_that_does_not_fit_is_refused_and_read_from_nowhere_else(byte[] bytes) =>
        Assert.Throws<RpcFormatException>(() => new XdrReader(bytes).Text());

    [Fact]
    public void A_list_that_claims_more_than_its_message_holds_is_refused() =>
        Assert.Throws<RpcFormatException>(() => new XdrReader([0x40, 0, 0, 0, 1, 2, 3, 4]).Count(4));

    [Theory]
    [InlineData(0, null)]
    [InlineData(2, null)]
    [InlineData(1, "set auth_unix_rw to none or polkit")]
    public async Task A_daemon_is_spoken_to_without_a_password_or_by_polkit(int way, string? objection)
    {
        _daemon.Ways = [way];
        var opening = await RpcConnection.OpenAsync(Socket, "qemu:///system", Long, TimeProvider.System);
        Assert.Equal(objection is null, opening is RpcOpening.Ready);
        if (objection is not null)
            Assert.Contains(objection, ((RpcOpening.NoAnswer)opening).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_refuses_us_is_told_in_its_own_words()
    {
        _daemon.Instead = (_, procedure, _) => procedure == (int)RemoteProcedure.ConnectOpen
            ? FakeLibvirtd.Fail(45, "authentication failed: not allowed")
            : null;
        var opening = await RpcConnection.OpenAsync(Socket, "qemu:///system", Long, TimeProvider.System);
        Assert.Equal("authentication failed: not allowed (libvirt's error 45)", ((RpcOpening.NoAnswer)opening).Reason);
    }

    [Fact]
    public async Task A_daemon_that_hangs_is_given_up_in_time()
    {
        _daemon.Stop();
        var opening = await RpcConnection.OpenAsync(Socket, "qemu:///system", Short, TimeProvider.System);
        Assert.Contains("it hangs", ((RpcOpening.NoAnswer)opening).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_speaks_another_protocol_is_told_as_that_and_ends_the_connection()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_directory["other"]));
        listener.Listen();
        var opening = RpcConnection.OpenAsync(_directory["other"], "qemu:///system", Long, TimeProvider.System);
        using var peer = await listener.AcceptAsync();
        await peer.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        Assert.Contains("a message of", ((RpcOpening.NoAnswer)await opening).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_calls_than_a_connection_takes_wait_for_a_place_and_are_not_sent_in_vain()
    {
        var lane = Lane();
        Assert.IsType<RpcOutcome.Returned>(await lane.CallAsync(Call, Long));
        _daemon.Stop();
        var calls = Enumerable.Range(0, 4).Select(_ => lane.CallAsync(Call, Long)).ToList();
        var fifth = Assert.IsType<RpcOutcome.NotSent>(await lane.CallAsync(Call, Short));
        Assert.Contains("still at 4 other calls", fifth.Reason, StringComparison.Ordinal);
        _daemon.GoOn();
        Assert.All(await Task.WhenAll(calls), call => Assert.IsType<RpcOutcome.Returned>(call));
        Assert.IsType<RpcOutcome.Returned>(await lane.CallAsync(Call, Long));
    }

    [Fact]
    public async Task A_call_whose_caller_has_left_keeps_its_place_and_its_end_can_be_had()
    {
        var lane = Lane();
        Assert.IsType<RpcOutcome.Returned>(await lane.CallAsync(Call, Long));
        _daemon.Stop();
        var late = Assert.IsType<RpcOutcome.Unknown>(await lane.CallAsync(Call, Short)).Late!;
        for (var i = 0; i < 3; i++) Assert.IsType<RpcOutcome.Unknown>(await lane.CallAsync(Call, Short));
        Assert.IsType<RpcOutcome.NotSent>(await lane.CallAsync(Call, Short));
        _daemon.GoOn();
        Assert.IsType<RpcOutcome.Returned>(await late.WaitAsync(Long));
    }

    [Fact]
    public async Task A_daemon_that_ends_leaves_calls_unknown_and_one_that_is_started_again_is_found()
    {
        var lane = Lane();
        Assert.IsType<RpcOutcome.Returned>(await lane.CallAsync(Call, Long));
        _daemon.Stop();
        var call = lane.CallAsync(Call, Long);
        await _daemon.KillAsync();
        Assert.IsType<RpcOutcome.Unknown>(await call);
        var gone = Assert.IsType<RpcOutcome.NotSent>(await lane.CallAsync(Call, Long));
        Assert.Contains("does not run", gone.Reason, StringComparison.Ordinal);
        _daemon.GoOn();
        _daemon.Start();
        Assert.IsType<RpcOutcome.Returned>(await lane.CallAsync(Call, Long));
    }

    [Fact]
    public async Task After_connections_that_failed_the_next_is_tried_ever_later()
    {
        var time = new ManualTime();
        var tried = 0;
        var lane = new RpcLane(
            () =>
            {
                tried++;
                return Task.FromResult<RpcOpening>(new RpcOpening.NoDaemon("gone"));
            },
            1, TimeSpan.FromSeconds(5), time);
        for (var (round, pause) = (1, TimeSpan.FromMilliseconds(100)); round <= 8; round++)
        {
            await lane.CallAsync(Call, Long);
            await lane.CallAsync(Call, Long);
            Assert.Equal(round, tried);
            time.Advance(pause);
            pause = pause * 2 < TimeSpan.FromSeconds(5) ? pause * 2 : TimeSpan.FromSeconds(5);
        }
    }

    private static RpcCall Call => RpcCall.Of(RemoteProcedure.ConnectGetVersion);

    private RpcLane Lane() => new(
        () => RpcConnection.OpenAsync(Socket, "qemu:///system", Long, TimeProvider.System), 1, TimeSpan.Zero,
        TimeProvider.System);
}
