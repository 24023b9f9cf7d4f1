using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>What goes out, letter by letter: never null, never a member that an agent does not know.</summary>
public sealed class RequestsTests
{
    private static string Sent(AgentRequest request) => Encoding.UTF8.GetString(request.Arguments.Span);

    [Fact]
    public void An_option_that_is_not_given_is_not_sent()
    {
        Assert.Equal("", Sent(GuestSetTime.Request(null)));
        Assert.Equal("", Sent(GuestFstrim.Request()));
        Assert.Equal("""{"path":"/etc/hosts"}""", Sent(GuestFileOpen.Request("/etc/hosts")));
        Assert.Equal("""{"handle":1000}""", Sent(GuestFileRead.Request(1000)));
        Assert.Equal("""{"username":"alice","keys":["k"]}""", Sent(GuestSshAddAuthorizedKeys.Request("alice", ["k"])));
        Assert.Equal("""{"vcpus":[{"logical-id":1,"online":false}]}""", Sent(GuestSetVcpus.Request([new(1, false)])));
        Assert.Equal("""{"mem-blks":[{"phys-index":2,"online":true}]}""", Sent(GuestSetMemoryBlocks.Request([new(2, true)])));
        Assert.Equal("""{"path":"/bin/true","capture-output":false}""", Sent(GuestExec.Request(new ExecRequest("/bin/true"))));
    }

    [Fact]
    public void Time_is_nanoseconds_since_1970() => Assert.Equal(
        """{"time":1700000000123456700}""",
        Sent(GuestSetTime.Request(DateTimeOffset.FromUnixTimeSeconds(1700000000).AddTicks(1234567))));

    [Theory]
    [InlineData(ShutdownMode.Powerdown, "powerdown")]
    [InlineData(ShutdownMode.Halt, "halt")]
    [InlineData(ShutdownMode.Reboot, "reboot")]
    public void A_shutdown_request_names_its_mode(ShutdownMode mode, string word) =>
        Assert.Equal($$"""{"mode":"{{word}}"}""", Sent(GuestShutdown.Request(mode)));

    [Theory]
    [InlineData(SeekOrigin.Begin, 0)]
    [InlineData(SeekOrigin.Current, 1)]
    [InlineData(SeekOrigin.End, 2)]
    public void A_seek_s_whence_is_a_number_which_every_agent_takes(SeekOrigin origin, int number) =>
        Assert.Equal($$"""{"handle":1000,"offset":-5,"whence":{{number}}}""", Sent(GuestFileSeek.Request(1000, -5, origin)));

    [Fact]
    public void Bytes_go_as_base64() =>
        Assert.Equal("""{"handle":1000,"buf-b64":"aGVsbG8A"}""", Sent(GuestFileWrite.Request(1000, "hello\0"u8.ToArray())));

    [Fact]
    public void Output_is_captured_by_a_bool_or_by_a_word_where_the_agent_knows_it()
    {
        Assert.EndsWith(
            "\"capture-output\":true}", Sent(GuestExec.Request(new ExecRequest("x", CaptureOutput: ExecCapture.Separated))));
        var merged = new ExecRequest("x", CaptureOutput: ExecCapture.Merged);
        Assert.EndsWith("\"capture-output\":\"merged\"}", Sent(GuestExec.Request(merged, new Version(8, 0))));
        Assert.Contains(
            "use true or false", Assert.Throws<ArgumentException>(() => GuestExec.Request(merged, new Version(7, 2))).Message);
        Assert.Contains("unknown version", Assert.Throws<ArgumentException>(() => GuestExec.Request(merged)).Message);
    }

    [Fact]
    public void A_password_goes_out_and_shows_nowhere_else()
    {
        using var secret = Secret.Of("S3cret!");
        Assert.Equal(
            """{"username":"alice","password":"UzNjcmV0IQ==","crypted":false}""",
            Sent(GuestSetUserPassword.Request("alice", secret, false))
        );
        var request = GuestSetUserPassword.Request("alice", secret, false);
        Assert.Equal("guest-set-user-password", request.ToString());
        Assert.Equal("***", secret.ToString());
        Assert.Equal(
            "SetUserPasswordArguments { Username = alice, Password = ***, Crypted = False }",
            new SetUserPasswordArguments("alice", secret, false).ToString()
        );
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.Reveal().Length);
    }

    [Fact]
    public void A_request_with_a_secret_is_overwritten_with_its_holder()
    {
        using var secret = Secret.Of("S3cret!");
        var request = GuestExec.SecretRequest("unix_chkpwd", ["root", "a\"b"], secret);
        Assert.Equal(
            """{"path":"unix_chkpwd","arg":["root","a\u0022b"],"capture-output":false,"input-data":"UzNjcmV0IQ=="}""",
            Sent(request));
        Assert.NotNull(request.Holder);
        request.Holder.Dispose();
        Assert.True(request.Arguments.Span.IndexOfAnyExcept((byte)0) < 0);
        Assert.False(secret.Reveal().IsEmpty);
        Assert.Null(GuestExec.Request(new ExecRequest("x", InputData: [1])).Holder);
    }

    [Fact]
    public void A_user_with_any_name_gets_a_password()
    {
        using var secret = Secret.Of("$6$x");
        Assert.Equal(
            """{"username":"a\u0022\\é","password":"JDYkeA==","crypted":true}""".Replace("é", "\\u00E9", StringComparison.Ordinal),
            Sent(GuestSetUserPassword.Request("a\"\\é", secret, true)));
    }

    [Fact]
    public void No_serializer_takes_a_secret()
    {
        using var secret = Secret.Of("S3cret!");
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(secret));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new { Password = secret }));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<Secret>("\"UzNjcmV0IQ==\""));
    }
}
