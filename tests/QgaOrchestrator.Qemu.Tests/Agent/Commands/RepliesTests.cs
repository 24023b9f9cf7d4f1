using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>Typed replies, as recorded, and as agents older and newer than ours give them.</summary>
public sealed class RepliesTests
{
    private const string Queries = "02-info-queries";

    [Fact]
    public void File_systems_and_their_disks()
    {
        var filesystems = GuestGetFsinfo.Read(Transcript.ReplyTo(GuestGetFsinfo.Name, Queries));
        var data = Assert.Single(filesystems, filesystem => filesystem.Mountpoint == "/data2");
        Assert.Equal(52685824UL, data.TotalBytes);
        Assert.Null(data.TotalBytesPrivileged);
        Assert.Equal(DiskBusType.Virtio, Assert.Single(data.Disk).BusType);
        Assert.Equal("/dev/vdb", data.Disk[0].Dev);
    }

    [Fact]
    public void Names_and_addresses()
    {
        Assert.Equal("c1", GuestGetHostName.Read(Transcript.ReplyTo(GuestGetHostName.Name, Queries)).HostName);
        var os = GuestGetOsinfo.Read(Transcript.ReplyTo(GuestGetOsinfo.Name, Queries));
        Assert.Equal("vmlab guest 1", os.PrettyName);
        Assert.NotEqual(true, os.IsWindows);
        var lo = GuestNetworkGetInterfaces.Read(Transcript.ReplyTo(GuestNetworkGetInterfaces.Name, Queries))[0];
        Assert.Equal(new GuestIpAddress("127.0.0.1", IpAddressType.Ipv4, 8), lo.IpAddresses![0]);
    }

    [Fact]
    public void Freeze_thaw_and_status()
    {
        Assert.Equal(2, GuestFsfreezeFreeze.Read(Transcript.ReplyTo(GuestFsfreezeFreeze.Name, "09-fsfreeze")));
        Assert.Equal(2, GuestFsfreezeThaw.Read(Transcript.ReplyTo(GuestFsfreezeThaw.Name, "09-fsfreeze")));
        Assert.Equal(FreezeStatus.Frozen, GuestFsfreezeStatus.Read(Transcript.ReplyTo(GuestFsfreezeStatus.Name, "09-fsfreeze")));
        Assert.Equal(FreezeStatus.Thawed, GuestFsfreezeStatus.Read(Bytes("\"thawed\"")));
        foreach (var odd in new[] { "\"melting\"", "null", "1", "{\"a\":[]}" })
            Assert.Throws<NotUnderstoodException>(() => GuestFsfreezeStatus.Read(Bytes(odd)));
    }

    [Fact]
    public void Unknown_members_and_words_are_tolerated_and_counters_use_all_64_bits()
    {
        var filesystem = Assert.Single(GuestGetFsinfo.Read(Bytes(
            """
            [{"type":"zfs","zz":[1],"name":"a","mountpoint":"/","used-bytes":18446744073709551615,"disk":[
              {"pci-controller":{"bus":-1,"slot":-1,"domain":-1,"function":-1,"x":0},"bus-type":"quantum","bus":0,
               "target":0,"unit":0}]}]
            """)));
        Assert.Equal(ulong.MaxValue, filesystem.UsedBytes);
        Assert.Equal("quantum", filesystem.Disk[0].BusType.Value);
        Assert.Equal(new GuestPciAddress(-1, -1, -1, -1), filesystem.Disk[0].PciController);
    }

    [Fact]
    public void A_reply_without_a_required_member_is_refused()
    {
        Assert.Throws<NotUnderstoodException>(() => GuestGetFsinfo.Read(Bytes("[{\"name\":\"a\"}]")));
        Assert.Throws<NotUnderstoodException>(() => GuestFsfreezeFreeze.Read(Bytes("{}")));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("aGk=", "hi")]
    [InlineData("aGk/", "hi?")]
    [InlineData("aGk\\/", "hi?")] // as some write a slash
    [InlineData("aGVs\\nbG8=", "hello")]
    [InlineData("aGVs bG8=", "hello")]
    public void A_file_s_bytes_are_decoded(string base64, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(Chunk($"\"{base64}\"").Bytes));

    [Theory]
    [InlineData("\"aGk\"")]
    [InlineData("\"=\"")]
    [InlineData("\"====\"")]
    [InlineData("\"a-k=\"")]
    [InlineData("7")]
    [InlineData("null")]
    public void What_is_no_base64_is_no_reply(string base64) => Assert.Throws<NotUnderstoodException>(() => Chunk(base64));

    [Fact]
    public void A_read_says_how_large_its_reply_may_be()
    {
        var content = Convert.ToBase64String(new byte[48 << 20]);
        var reply = $$"""{"return": {"count": {{48 << 20}}, "buf-b64": "{{content}}", "eof": false} }""";
        Assert.InRange(GuestFileRead.Request(1000, 48 << 20).LargestReply, reply.Length, reply.Length + 100);
        Assert.InRange(GuestFileRead.Request(1000).LargestReply, 5461, 64 << 10);
        Assert.Equal(
            GuestFileRead.Request(1000, 48 << 20).LargestReply, GuestFileRead.Request(1000, long.MaxValue / 2).LargestReply);
        Assert.InRange(GuestFileRead.Request(1000, -1).LargestReply, 5461, 64 << 10);
        Assert.InRange(
            new AgentRequest(GuestFileRead.Name, Bytes("""{"handle":1,"count":1000000}""")).LargestReply,
            1_333_336,
            1_334_000
        );
        Assert.InRange(new AgentRequest(GuestFileRead.Name, Bytes("""{"count":"many"}""")).LargestReply, 1, 64 << 10);
    }

    [Fact]
    public void Each_command_has_a_reply_limit_that_fits_its_largest_reply()
    {
        Assert.All(AgentCommands.All, command =>
            Assert.InRange(command.LargestReply, 64 << 10, LineMemory.Agents.Capacity - (10 << 20))
        );
        Assert.InRange(GuestExecStatus.Request(1).LargestReply, 2 * Convert.ToBase64String(new byte[16 << 20]).Length, 45 << 20);
        Assert.Equal(64 << 10, GuestFsfreezeThaw.Request.LargestReply);
        Assert.Equal(4 << 20, new AgentRequest("guest-of-tomorrow").LargestReply);
    }

    private static GuestFileChunk Chunk(string base64) =>
        GuestFileRead.Read(Bytes($$"""{"count":1,"buf-b64":{{base64}},"eof":true}"""));

    [Fact]
    public void An_agent_before_1_7_tells_nothing_of_success_responses()
    {
        var info = GuestInfo.Read(Bytes("""{"version":"1.0","supported_commands":[{"name":"guest-ping","enabled":true}]}"""));
        Assert.True(Assert.Single(info.SupportedCommands).SuccessResponse);
    }

    [Fact]
    public void A_freeze_list_names_its_mountpoints_or_all()
    {
        var some = GuestFsfreezeFreezeList.Request(["/data \"2\""]);
        Assert.Equal("/data \"2\"", JsonDocument.Parse(some.Arguments).RootElement.GetProperty("mountpoints")[0].GetString());
        Assert.True(some.KeepLinkWhenOverdue);
        Assert.True(GuestFsfreezeFreezeList.Request(null).Arguments.IsEmpty);
        Assert.True(GuestFsfreezeFreeze.Request.KeepLinkWhenOverdue);
    }

    [Fact]
    public void A_sync_s_id_is_its_reply()
    {
        Assert.Equal("{\"id\":9007199254740991}"u8.ToArray(), GuestSyncDelimited.Request(9007199254740991).Arguments.ToArray());
        Assert.Equal(9007199254740991, GuestSyncDelimited.Read(Bytes("9007199254740991")));
    }

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
