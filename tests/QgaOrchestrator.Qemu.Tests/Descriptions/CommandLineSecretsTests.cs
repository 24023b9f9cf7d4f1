using QgaOrchestrator.Qemu.Descriptions.CommandLines;

namespace QgaOrchestrator.Qemu.Tests.Descriptions;

public class CommandLineSecretsTests
{
    private const string Needle = "N33dl3";

    [Theory]
    [InlineData("-object", "secret,id=sec0,data=N33dl3", "secret,id=sec0,data=REDACTED")]
    [InlineData("-object", "secret,id=sec0,data=a,,N33dl3,format=raw", "secret,id=sec0,data=REDACTED,format=raw")]
    [InlineData("-object", """{"qom-type":"secret","id":"s","data":"N33dl3"}""",
        """{"qom-type":"secret","id":"s","data":"REDACTED"}""")]
    [InlineData("-set", "object.sec0.data=N33dl3", "object.sec0.data=REDACTED")]
    [InlineData("-spice", "port=5900,password=N33dl3,tls-port=1", "port=5900,password=REDACTED,tls-port=1")]
    [InlineData("-drive", "file=rbd:pool/disk:id=admin:key=N33dl3==:mon_host=a\\:6789,format=raw",
        "file=rbd:pool/disk:id=admin:key=REDACTED:mon_host=a\\:6789,format=raw")]
    [InlineData("-drive", "file=iscsi://me%N33dl3@host/iqn/0,if=virtio", "file=iscsi://REDACTED@host/iqn/0,if=virtio")]
    [InlineData("-drive", "file=ssh://me:N33dl3@host/a.img", "file=ssh://REDACTED@host/a.img")]
    [InlineData("-drive", "file=https://host/a.img?token=N33dl3&a=b", "file=https://host/a.img?token=REDACTED&a=b")]
    [InlineData("-drive", """file=json:{"driver":"http",,"cookie":"N33dl3"}""",
        """file=json:{"driver":"http",,"cookie":"REDACTED"}""")]
    [InlineData("-drive", """file=json:{"password":"N33dl3""", "file=REDACTED")]
    [InlineData("-blockdev", """{"driver":"raw","file":{"driver":"ssh","x":["ssh://a:N33dl3@b"],"password":"N33dl3"}}""",
        """{"driver":"raw","file":{"driver":"ssh","x":["ssh://REDACTED@b"],"password":"REDACTED"}}""")]
    [InlineData("-blockdev", "driver=iscsi,user=a,file.password=N33dl3", "driver=iscsi,user=a,file.password=REDACTED")]
    [InlineData("-blockdev", "{\"password\":\"N33dl3", "REDACTED")]
    [InlineData("-append", "root=/dev/vda1 password=N33dl3,x quiet", "root=/dev/vda1 password=REDACTED,x quiet")]
    [InlineData("-fw_cfg", "name=opt/ignition,string={N33dl3}", "name=opt/ignition,string=REDACTED")]
    [InlineData("-smbios", "type=11,value=io.systemd.credential:passwd=N33dl3", "type=11,value=REDACTED")]
    [InlineData("-netdev", "user,id=n,smb-password=N33dl3", "user,id=n,smb-password=REDACTED")]
    public void No_secret_is_left_and_what_was_taken_is_told(string option, string value, string clean)
    {
        var (arguments, redacted) = CommandLineSecrets.Redact(["qemu-system-x86_64", "-nodefaults", option, value, "-S"]);

        Assert.Equal(["qemu-system-x86_64", "-nodefaults", option, clean, "-S"], arguments);
        Assert.DoesNotContain(Needle, string.Concat(arguments), StringComparison.Ordinal);
        Assert.All(redacted, what => Assert.EndsWith(option + (value.Contains("id=sec0", StringComparison.Ordinal) ? " sec0"
            : value.Contains("\"id\":\"s\"", StringComparison.Ordinal) ? " s"
            : value.Contains("id=n,", StringComparison.Ordinal) ? " n" : ""), what, StringComparison.Ordinal));
        Assert.NotEmpty(redacted);
    }

    [Theory]
    [InlineData("-object", "secret,id=sec0,file=/etc/qemu/sec0,format=base64")]
    [InlineData("-object", """{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/run/master-key.aes"}""")]
    [InlineData("-blockdev", "driver=luks,key-secret=sec0,node-name=d,file=f")]
    [InlineData("-drive", "file=/a,,b.img,password-secret=sec0,serial=a b")]
    [InlineData("-vnc", ":1,password=on")]
    [InlineData("-vnc", ":1,password")]
    [InlineData("-append", "root=UUID=1234 console=ttyS0,115200 quiet")]
    [InlineData("-smbios", "type=1,uuid=1234,serial=5")]
    [InlineData("-device", """{"driver":"virtio-net-pci","mac":"52:54:00:12:34:56","host_mtu":1500,"on":true,"x":null}""")]
    [InlineData("-netdev", "user,id=n,hostfwd=tcp::2222-:22")]
    [InlineData("-name", "guest=db1,debug-threads=on")]
    public void What_is_no_secret_stays_to_the_letter(string option, string value)
    {
        string[] given = ["/usr/bin/kvm", option, value];

        var (arguments, redacted) = CommandLineSecrets.Redact(given);

        Assert.Equal(given, arguments);
        Assert.Empty(redacted);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's $(x) `y` \"z\"", "'it'\\''s $(x) `y` \"z\"'")]
    [InlineData("{\"a\":1}", "'{\"a\":1}'")]
    public void Words_are_quoted_for_a_shell_and_read_back(string word, string quoted)
    {
        Assert.Equal(quoted, ShellWords.Quote(word));
        Assert.Equal(["x", word, "y"], ShellWords.Split($"x  {quoted} y"));
    }
}
