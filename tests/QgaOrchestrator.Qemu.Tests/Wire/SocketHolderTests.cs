using System.Net.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>Whom QEMU serves, from what ss tells.</summary>
public sealed class SocketHolderTests
{
    private const string Told = """
        u_str  0      0      /run/vms/db 1/qga.sock 1966330            * 1965679 users:(("qemu-system-x86",pid=13019,fd=267))
        u_str  0      0      /run/vms/db 1/qga.sock 1966400            * 1966401
        u_str  0      0      /run/vms/db2/qga.sock 1966500            * 1966501 users:(("qemu-system-x86",pid=13020,fd=26))
        u_str  0      0                                  * 1966401            * 1966400 users:(("qgad",pid=13771,fd=290))
        u_str  0      0                                  * 1965679            * 1966330 users:(("socat",pid=4711,fd=5))
        u_str  0      0                                  * 1966501            * 1966500 users:(("qgad",pid=13771,fd=291))
        """;

    [Theory]
    [InlineData("/run/vms/db 1/qga.sock", "socat (pid 4711)")]
    [InlineData("/run/vms/db2/qga.sock", null)] // ourselves
    [InlineData("/run/vms/db3/qga.sock", null)]
    public void The_client_of_the_connection_that_QEMU_has_taken_is_named(string path, string? holder) =>
        Assert.Equal(holder, SocketHolder.Of(Told, path, self: 13771));

    [Theory]
    [InlineData("link/qga.sock", "real/qga.sock")]
    [InlineData("real/qga.sock", "link/qga.sock")]
    [InlineData("db1.sock", "real/qga.sock")]
    public void A_socket_is_known_by_whatever_links_lead_to_it(string path, string bound)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["real"]);
        Directory.CreateSymbolicLink(directory["link"], "real");
        File.WriteAllText(directory["real/qga.sock"], "");
        File.CreateSymbolicLink(directory["db1.sock"], "real/qga.sock");
        var told = $"""
            u_str  0      0      {directory[bound]} 1966330            * 1965679 users:(("qemu-system-x86",pid=13019,fd=267))
            u_str  0      0                                  * 1965679            * 1966330 users:(("socat",pid=4711,fd=5))
            """;
        Assert.Equal("socat (pid 4711)", SocketHolder.Of(told, directory[path], self: 13771));
    }

    [Fact]
    public async Task The_own_process_is_not_reported_as_a_holder()
    {
        var path = Path.Combine(Path.GetTempPath(), $"qga-holder-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(path));
        using var taken = await listener.AcceptAsync();
        Assert.Null(await SocketHolder.FindAsync(path));
        File.Delete(path);
    }
}
