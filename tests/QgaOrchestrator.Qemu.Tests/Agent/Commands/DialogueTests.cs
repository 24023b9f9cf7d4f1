using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>
/// All that was said with a real qemu-ga 7.2, and replies of agents and guests that were not at hand as the schema documents
/// them: read into our types and written again, each member is there with the value that it had.
/// </summary>
public sealed class DialogueTests
{
    [Theory]
    [InlineData("01-sync-ping-info")]
    [InlineData("02-info-queries")]
    [InlineData("03-files")]
    [InlineData("04-exec")]
    [InlineData("07-vcpus")]
    [InlineData("08-ssh")]
    [InlineData("09-fsfreeze")]
    public void Nothing_recorded_is_lost_in_our_types(string name)
    {
        AgentCommand? asked = null;
        var read = 0;
        foreach (var line in Transcript.Read(name))
        {
            var message = JsonNode.Parse(line.Message)!;
            if (line.Ours)
            {
                asked = AgentCommands.Find((string)message["execute"]!)!;
                if (message["arguments"] is { } arguments && asked.Arguments is { } type)
                    AssertKept(Numbered(arguments), type);
            }
            else if (message["return"] is { } returned && asked!.Returns is { } type)
            {
                AssertKept(returned, type);
                read++;
            }
        }
        Assert.NotEqual(0, read);
    }

    [Theory]
    [InlineData(
        "guest-get-users",
        """[{"user":"alice","login-time":1795382629.123456},{"domain":"CORP","user":"Bob","login-time":1}]"""
    )]
    [InlineData("guest-get-timezone", """{"zone":"CET","offset":-3600}""")]
    [InlineData("guest-get-timezone", """{"offset":0}""")]
    [InlineData("guest-get-load", """{"load1m":0.5,"load15m":12.25,"load5m":0}""")]
    [InlineData("guest-get-devices", """
        [{"driver-date":1611187200000000000,"driver-name":"Red Hat VirtIO SCSI controller","driver-version":"100.85.104.19900",
          "id":{"type":"pci","device-id":4164,"vendor-id":6900}},{"driver-name":"none"}]
        """)]
    [InlineData("guest-network-get-route", """
        [{"iface":"eth0","destination":"0.0.0.0","metric":100,"gateway":"10.0.2.2","mask":"0.0.0.0","irtt":0,"flags":3,
          "refcnt":0,"use":0,"window":0,"mtu":0,"version":4},
         {"iface":"lo","destination":"::1","desprefixlen":"128","source":"::","srcprefixlen":"0","nexthop":"::","metric":256,
          "flags":18446744073709551615,"version":6}]
        """)]
    [InlineData("guest-get-disks", """
        [{"name":"/dev/nvme0n1","partition":false,"dependencies":[],"smart":{"type":"nvme","critical-warning":0,"temperature":311,
          "available-spare":100,"available-spare-threshold":10,"percentage-used":1,"data-units-read-lo":18446744073709551615,
          "data-units-read-hi":1}},
         {"name":"/dev/dm-0","partition":false,"dependencies":["/dev/sda1"],"alias":"vg-root","smart":{"type":"hologram"},
          "address":{"pci-controller":{"domain":-1,"bus":-1,"slot":-1,"function":-1},"bus-type":"virtio","bus":0,
          "target":0,"unit":0,"ccw-address":{"cssid":254,"ssid":0,"subchno":1,"devno":5}}}]
        """)]
    [InlineData("guest-get-cpustats", """
        [{"type":"solaris"},{"type":"linux","cpu":1,"user":18446744073709551615,"nice":0,"system":5,"idle":7}]
        """)]
    [InlineData("guest-fstrim", """
        {"paths":[{"path":"/","trimmed":1048576,"minimum":0},{"path":"/mnt","error":"trim not supported"}]}
        """)]
    [InlineData("guest-fstrim", "{}")]
    [InlineData(
        "guest-set-memory-blocks",
        """[{"phys-index":18446744073709551615,"response":"not-found","error-code":2},{"phys-index":1,"response":"maybe"}]"""
    )]
    [InlineData("guest-exec-status", """{"exited":true,"exitcode":3221225477,"out-data":"aGk=","out-truncated":true}""")]
    public void Every_reply_that_the_schema_documents_is_read(string command, string reply) =>
        AssertKept(JsonNode.Parse(reply)!, AgentCommands.Find(command)!.Returns!);

    [Fact]
    public void A_drivers_date_given_as_text_is_read_as_its_day()
    {
        Assert.Equal(
            1611187200000000000,
            Assert.Single(GuestGetDevices.Read("""[{"driver-name":"x","driver-date":"2021-01-21"}]"""u8.ToArray())).DriverDate
        );
        Assert.Null(
            Assert.Single(GuestGetDevices.Read("""[{"driver-name":"x","driver-date":"a while ago"}]"""u8.ToArray())).DriverDate
        );
    }

    private static void AssertKept(JsonNode recorded, JsonTypeInfo type)
    {
        var read = recorded.Deserialize(type);
        Assert.NotNull(read);
        AssertWithin(recorded, JsonSerializer.SerializeToNode(read, type)!, "");
    }

    /// <summary>What is read may add what is told by its absence, as "out-truncated": false.</summary>
    private static void AssertWithin(JsonNode recorded, JsonNode kept, string path)
    {
        switch (recorded)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    Assert.True(kept[name] is not null, $"{path}.{name} is lost");
                    AssertWithin(value!, kept[name]!, $"{path}.{name}");
                }
                break;
            case JsonArray elements:
                Assert.Equal(elements.Count, kept.AsArray().Count);
                for (var at = 0; at < elements.Count; at++)
                    AssertWithin(elements[at]!, kept[at]!, $"{path}[{at}]");
                break;
            default:
                Assert.True(
                    JsonNode.DeepEquals(recorded, kept), $"{path}: {recorded.ToJsonString()} became {kept.ToJsonString()}");
                break;
        }
    }

    /// <summary>A seek's whence goes out as a number, which agents before QEMU 2.6 understand, too; exec's capture as a
    /// bool.</summary>
    private static JsonNode Numbered(JsonNode arguments)
    {
        if ((string?)arguments["whence"] == "set")
            arguments["whence"] = 0;
        return arguments;
    }
}
