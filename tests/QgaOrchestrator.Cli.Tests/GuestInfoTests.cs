namespace QgaOrchestrator.Cli.Tests;

/// <summary><c>vm info</c> and <c>vm time</c>: what guests tell of themselves.</summary>
public sealed class GuestInfoTests
{
    [Fact]
    public async Task Info_shows_what_the_guest_tells_and_says_what_it_does_not()
    {
        var node = new FakeNode()
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-osinfo",
                """{"return":{"pretty-name":"Debian GNU/Linux 12","kernel-release":"6.1.0","machine":"x86_64"}}"""
            )
            .Answers("POST /v1/vms/db1/agent/guest-get-host-name", """{"return":{"host-name":"db1"}}""")
            .Answers("POST /v1/vms/db1/agent/guest-get-timezone", """{"return":{"zone":"CET","offset":3600}}""")
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-load",
                """{"title":"x","status":422,"code":"agent-error","detail":"The agent does not know it."}""",
                System.Net.HttpStatusCode.UnprocessableEntity
            )
            .Answers("POST /v1/vms/db1/agent/guest-get-users", """{"return":[]}""")
            .Answers(
                "POST /v1/vms/db1/agent/guest-network-get-interfaces",
                """{"return":[{"name":"lo"},{"name":"eth0","ip-addresses":[{"ip-address":"10.0.0.5","""
                    + """ "ip-address-type":"ipv4","prefix":24}]}]}"""
            )
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-disks",
                """{"return":[{"name":"/dev/vda","partition":false,"address":{"pci-controller":{"domain":0,"bus":0,"""
                    + """ "slot":4,"function":0},"bus-type":"virtio","bus":0,"target":0,"unit":0,"serial":"disk0"}}]}"""
            )
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-fsinfo",
                """{"return":[{"name":"vda1","mountpoint":"/","type":"ext4","disk":[],"used-bytes":1073741824,"""
                    + """ "total-bytes":2147483648}]}"""
            );

        var ended = await Qga.RunAsync(node, ["vm", "info", "db1"]);

        Assert.Equal("""
            VM            db1
            Host name     db1
            System        Debian GNU/Linux 12, kernel 6.1.0, x86_64
            Time zone     CET UTC+01:00
            Users         none
            Addresses     eth0  10.0.0.5/24
            Disks         /dev/vda  virtio, serial disk0
            File systems  /  ext4 on vda1, 1.0 GiB of 2.0 GiB used
            Not told      guest-get-load: The agent does not know it.

            """, ended.Out);
        Assert.Equal(0, ended.Code);
    }

    [Fact]
    public async Task A_guests_clock_is_compared_with_this_machines()
    {
        var at = new ManualTime().GetUtcNow().AddSeconds(-90);
        var node = new FakeNode().Answers(
            "POST /v1/vms/db1/agent/guest-get-time", $"{{\"return\":{at.ToUnixTimeMilliseconds() * 1_000_000}}}");
        var ended = await Qga.RunAsync(node, ["vm", "time", "db1"]);
        Assert.Contains("90.000 s behind this machine's clock", ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_of_several_is_a_line_each()
    {
        var node = TwoVms.OfTwo();
        foreach (var vm in (string[])["db1", "db2"])
        {
            foreach (var command in (string[])["osinfo", "timezone", "load", "users", "disks"])
                node.Answers(
                    $"POST /v1/vms/{vm}/agent/guest-get-{command}",
                    """{"title":"x","status":422,"code":"agent-error","detail":"The agent does not know it."}""",
                    System.Net.HttpStatusCode.UnprocessableEntity
                );
            node.Answers($"POST /v1/vms/{vm}/agent/guest-get-host-name", $"{{\"return\":{{\"host-name\":\"{vm}.example\"}}}}")
                .Answers(
                    $"POST /v1/vms/{vm}/agent/guest-network-get-interfaces",
                    """{"return":[{"name":"lo","ip-addresses":[{"ip-address":"127.0.0.1","ip-address-type":"ipv4","""
                        + """ "prefix":8}]},{"name":"eth0","ip-addresses":[{"ip-address":"10.0.0.5","""
                        + """ "ip-address-type":"ipv4","prefix":24}]}]}"""
                )
                .Answers(
                    $"POST /v1/vms/{vm}/agent/guest-get-fsinfo",
                    """{"return":[{"name":"a","mountpoint":"/","type":"ext4","disk":[],"used-bytes":1,"total-bytes":4},"""
                        + """ {"name":"b","mountpoint":"/srv","type":"ext4","disk":[],"used-bytes":3,"total-bytes":4}]}"""
                );
        }

        var ended = await Qga.RunAsync(node, ["vm", "info", "--select", "app=db"]);

        Assert.Equal("""
            VM   HOST NAME    SYSTEM  LOAD  USERS  ADDRESSES  FULLEST
            db1  db1.example  -       -     -      10.0.0.5   /srv 75 %
            db2  db2.example  -       -     -      10.0.0.5   /srv 75 %

            """, ended.Out);
    }
}
