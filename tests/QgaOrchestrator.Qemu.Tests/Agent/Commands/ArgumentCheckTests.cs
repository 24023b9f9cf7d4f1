using System.Text;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>A fault names the member, what was given, and what would be right.</summary>
public sealed class ArgumentCheckTests
{
    [Theory]
    [InlineData("guest-file-read", "{}", "handle: missing; a whole number (int64, no fraction, no exponent) is right")]
    [InlineData(
        "guest-file-read",
        """{"handle":1,"cuont":5}""",
        "cuont: guest-file-read has no such member; it takes handle, count"
    )]
    [InlineData(
        "guest-file-read",
        """{"handle":"1"}""",
        "handle: given a string; a whole number (int64, no fraction, no exponent) is right"
    )]
    [InlineData(
        "guest-file-read",
        """{"handle":1.0}""",
        "handle: given the number 1.0; a whole number (int64, no fraction, no exponent) is right"
    )]
    [InlineData(
        "guest-file-read",
        """{"handle":1e3}""",
        "handle: given the number 1e3; a whole number (int64, no fraction, no exponent) is right"
    )]
    [InlineData(
        "guest-file-read",
        """{"handle":9223372036854775808}""",
        "handle: given the number 9223372036854775808; a whole number (int64, no fraction, no exponent) is right"
    )]
    [InlineData(
        "guest-file-read",
        """{"handle":1,"count":null}""",
        "count: given null, which agents refuse (leave the member out); a whole number (int64, no fraction, no exponent) is right"
    )]
    [InlineData("guest-ping", """{"id":1}""", "id: guest-ping has no such member; it takes none")]
    [InlineData("guest-file-open", """{"path":7}""", "path: given the number 7; a string is right")]
    [InlineData(
        "guest-file-write",
        """{"handle":1,"buf-b64":"***"}""",
        "buf-b64: given text that is no base64; a string of base64 is right"
    )]
    [InlineData("guest-set-user-password", """{"username":"a","password":"aGk="}""", "crypted: missing; true or false is right")]
    [InlineData(
        "guest-set-user-password",
        """{"username":"a","password":["s3cret"],"crypted":true}""",
        "password: given a list; a string of base64 is right"
    )]
    [InlineData(
        "guest-set-vcpus",
        """{"vcpus":[{"logical-id":0,"online":true},{"logical-id":1,"online":"no","zz":1}]}""",
        "vcpus[1].online: given a string; true or false is right",
        "vcpus[1].zz: vcpus[1] has no such member; it takes logical-id, online, can-offline")]
    [InlineData("guest-set-vcpus", """{"vcpus":{"logical-id":0}}""", "vcpus: given an object; a list is right")]
    [InlineData("guest-set-vcpus", """{"vcpus":[0]}""", "vcpus[0]: given the number 0; an object is right")]
    [InlineData("guest-set-memory-blocks", """{"mem-blks":[{"phys-index":-1,"online":true}]}""",
        "mem-blks[0].phys-index: given the number -1; a whole number (uint64, no sign, no fraction, no exponent) is right")]
    [InlineData("guest-file-seek", """{"handle":1,"offset":0,"whence":"SEEK_SET"}""",
        "whence: given another word; 0 or \"set\", 1 or \"cur\", 2 or \"end\" is right")]
    [InlineData("guest-exec", """{"path":"x","arg":["a",1],"capture-output":1}""",
        "arg[1]: given the number 1; a string is right",
        "capture-output: given the number 1; true, false, \"none\", \"stdout\", \"stderr\", \"separated\" or \"merged\" is right"
    )]
    [InlineData("guest-fsfreeze-freeze-list", """{"mountpoints":"/"}""", "mountpoints: given a string; a list is right")]
    [InlineData("guest-file-open", """{"path":"/\ud800"}""", "path: given half a surrogate pair; whole characters are right")]
    [InlineData(
        "guest-file-open",
        """{"path":"\udc00\ud800"}""",
        "path: given half a surrogate pair; whole characters are right"
    )]
    [InlineData(
        "guest-file-open",
        """{"path":"\ud83d\u0041"}""",
        "path: given half a surrogate pair; whole characters are right"
    )]
    [InlineData(
        "guest-file-write",
        """{"handle":1,"buf-b64":"\uD83D"}""",
        "buf-b64: given half a surrogate pair; whole characters are right"
    )]
    [InlineData(
        "guest-file-open",
        """{"\ud800":1,"path":"/"}""",
        "?: a member's name holds half a surrogate pair; whole characters are right"
    )]
    [InlineData(
        "guest-exec",
        """{"path":"x","arg":["ok","\ud800 "]}""",
        "arg[1]: given half a surrogate pair; whole characters are right"
    )]
    public void A_wrong_argument_is_told(string command, string arguments, params string[] faults) =>
        Assert.Equal(faults, ArgumentCheck.Faults(AgentCommands.Find(command)!, Encoding.UTF8.GetBytes(arguments)));

    [Theory]
    [InlineData("guest-ping", "")]
    [InlineData("guest-ping", "{}")]
    [InlineData("guest-sync", """{"id":-9223372036854775808}""")]
    [InlineData("guest-exec", """{"path":"x","arg":[],"env":["A=1"],"input-data":"","capture-output":"merged"}""")]
    [InlineData("guest-file-seek", """{"handle":1000,"offset":-5,"whence":"end"}""")]
    [InlineData("guest-file-write", """{"handle":1000,"buf-b64":"aGVsbG8A","count":2}""")]
    [InlineData(
        "guest-set-memory-blocks",
        """{"mem-blks":[{"phys-index":18446744073709551615,"online":true,"can-offline":false}]}"""
    )]
    [InlineData("guest-ssh-add-authorized-keys", """{"username":"a","keys":["k"],"reset":true}""")]
    [InlineData("guest-set-user-password", """{"username":"a","password":"aGk=","crypted":false}""")]
    [InlineData("guest-set-user-password", """{"username":"a","password":"aGk\/aGk\u003d","crypted":false}""")]
    [InlineData("guest-file-open", """{"p\u0061th":"\ud83d\ude00 \\ud800 \u0000 \/"}""")]
    public void Arguments_that_fit_the_schema_pass(string command, string arguments) =>
        Assert.Empty(ArgumentCheck.Faults(AgentCommands.Find(command)!, Encoding.UTF8.GetBytes(arguments)));

    [Theory]
    [InlineData(
        "guest-exec",
        """{"path":"x","capture-output":"stdout"}""",
        "7.2",
        "capture-output: given a word, which agents take since QEMU 8.0, and this one is of QEMU 7.2; true or false is right "
            + "for all"
    )]
    [InlineData("guest-exec", """{"path":"x","capture-output":"stdout"}""", "8.0", null)]
    [InlineData("guest-exec", """{"path":"x","capture-output":true}""", "2.5", null)]
    [InlineData("guest-file-seek", """{"handle":1,"offset":0,"whence":"set"}""", "2.5",
        "whence: given a word, which agents take since QEMU 2.6, and this one is of QEMU 2.5; 0, 1 or 2 is right for all")]
    [InlineData("guest-file-seek", """{"handle":1,"offset":0,"whence":0}""", "2.5", null)]
    public void A_word_that_an_older_agent_does_not_accept_is_reported(
        string command, string arguments, string agent, string? fault) =>
        Assert.Equal(
            fault, ArgumentCheck.TooNew(AgentCommands.Find(command)!, Encoding.UTF8.GetBytes(arguments), Version.Parse(agent)));
}
