using System.Reflection;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>Whatever an agent answers, a command's Read gives what its schema promises, or says that it was not
/// understood.</summary>
public sealed class OddRepliesTests
{
    public static TheoryData<string> Commands { get; } =
        [.. AgentCommands.All.Where(command => command.Returns is not null).Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_odd_reply_is_read_or_not_understood(string name)
    {
        var command = AgentCommands.Find(name)!;
        var (understood, not) = (0, 0);
        foreach (var reply in OddReplies.Of(command))
        {
            try
            {
                // Whoever walks through what was read meets nothing that its type does not allow.
                var read = Read(name, reply);
                Assert.False(HoldsNull(JsonSerializer.SerializeToElement(read)), Encoding.UTF8.GetString(reply));
                understood++;
            }
            catch (NotUnderstoodException e)
            {
                Assert.Equal(e.Message, ForeignText.Message(e.Message));
                Assert.InRange(e.Message.Length, 1, 600);
                not++;
            }
        }
        Assert.True(not > 10 && not + understood >= 20, $"{name}: {understood} understood, {not} not");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_right_reply_is_understood(string name)
    {
        foreach (var reply in OddReplies.Right(AgentCommands.Find(name)!))
            Assert.NotNull(Read(name, Encoding.UTF8.GetBytes(reply.ToJsonString())));
    }

    [Theory]
    [InlineData(
        "[{\"name\":\"a\",\"mountpoint\":\"/\",\"type\":\"ext4\"}]",
        "the agent's reply was not understood at $[0]: [{\"name\":\"a\","
    )]
    [InlineData(
        "[{\"name\":\"a\",\"mountpoint\":\"/\",\"type\":\"ext4\",\"disk\":{}}]",
        "the agent's reply was not understood at $[0].disk: [{\"name\":"
    )]
    [InlineData("\"\u001b[2J\u202e\"", "the agent's reply was not understood: \"\uFFFD[2J\uFFFD\"")]
    public void An_odd_reply_is_quoted_bounded_and_clean(string reply, string told)
    {
        var e = Assert.Throws<NotUnderstoodException>(() => GuestGetFsinfo.Read(Encoding.UTF8.GetBytes(reply)));
        Assert.StartsWith(told, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_process_or_a_file_holds_is_in_no_message()
    {
        var status = """{"out-data":"aGk=","exited":"yes"}"""u8.ToArray();
        Assert.Equal(
            $"the agent's reply was not understood at $.exited: {status.Length} bytes",
            Assert.Throws<NotUnderstoodException>(() => GuestExecStatus.Read(status)).Message
        );
        Assert.DoesNotContain(
            "c2VjcmV0",
            Assert.Throws<NotUnderstoodException>(() => GuestFileRead.Read("""{"buf-b64":"c2VjcmV0"}"""u8.ToArray())).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\"two\"")]
    [InlineData("-1")]
    [InlineData("{}")]
    [InlineData("2.5")]
    public void What_is_no_count_is_no_answer_to_a_freeze_or_a_thaw(string reply)
    {
        Assert.Throws<NotUnderstoodException>(() => GuestFsfreezeFreeze.Read(Encoding.UTF8.GetBytes(reply)));
        Assert.Throws<NotUnderstoodException>(() => GuestFsfreezeFreezeList.Read(Encoding.UTF8.GetBytes(reply)));
        Assert.Throws<NotUnderstoodException>(() => GuestFsfreezeThaw.Read(Encoding.UTF8.GetBytes(reply)));
    }

    private static object? Read(string command, byte[] reply)
    {
        var name = string.Concat(command.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        var type = AgentCommands.Find(command)!.GetType().Assembly.GetType($"{typeof(AgentCommands).Namespace}.{name}")!;
        try
        {
            return type.GetMethod("Read")!.Invoke(null, [(ReadOnlyMemory<byte>)reply]);
        }
        catch (TargetInvocationException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
    }

    private static bool HoldsNull(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(part => part.ValueKind == JsonValueKind.Null || HoldsNull(part)),
        JsonValueKind.Object => element.EnumerateObject().Any(member => HoldsNull(member.Value)),
        _ => false,
    };
}
