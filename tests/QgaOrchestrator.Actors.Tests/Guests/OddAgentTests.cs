using System.Text;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Tests.Guests;

/// <summary>Files and processes of a guest whose agent answers with other shapes: told as that, whatever was asked.</summary>
public sealed class OddAgentTests
{
    [Theory]
    [InlineData("guest-file-open", "\"1000\"")]
    [InlineData("guest-file-read", """{"count":1,"buf-b64":7,"eof":true}""")]
    [InlineData("guest-file-read", """{"count":9,"buf-b64":"AAAAAAAAAAAA","eof":false}""")] // more than was asked for
    [InlineData("guest-file-seek", "[]")]
    public async Task A_file_whose_agent_is_not_understood_is_not_read(string command, string reply)
    {
        var fault = await Assert.ThrowsAsync<GuestFaultException>(async () =>
        {
            await using var file = await OpenGuestFile.ForReadingAsync(
                Agent(command, reply), "/etc/motd", TimeProvider.System, CancellationToken.None);
            await file.LengthAsync(CancellationToken.None);
            await file.ReadAsync(0, 4, CancellationToken.None);
        });
        Assert.Equal(GuestFaultKind.NotUnderstood, fault.Kind);
        Assert.StartsWith($"{command}: ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"all\"")]
    [InlineData("""{"count":"3","eof":false}""")]
    [InlineData("""{"count":9223372036854775807,"eof":false}""")]
    public async Task A_file_whose_agent_counts_oddly_is_not_written(string reply)
    {
        await using var file = await OpenGuestFile.ForWritingAsync(
            Agent(GuestFileWrite.Name, reply), "/etc/motd", TimeProvider.System, CancellationToken.None);
        await Assert.ThrowsAsync<GuestFaultException>(() => file.WriteAsync(0, new byte[3], CancellationToken.None));
    }

    [Fact]
    public void Output_of_a_guests_program_is_reported_as_one_bounded_line() =>
        Assert.Equal(
            1024,
            Encoding.UTF8.GetByteCount(
                new GuestFaultException(GuestFaultKind.Failed, $"a\u001b[2J\n{new string('x', 1 << 20)}", "").Message
            )
        );

    /// <summary>Right in all but one answer.</summary>
    private static AgentCall Agent(string odd, string reply) =>
        request =>
            Task.FromResult<CallReply>(
                new CallReply.Returned(
                    Encoding.UTF8.GetBytes(
                        request.Command == odd
                            ? reply
                            : request.Command switch
                            {
                                GuestFileOpen.Name => "1000",
                                GuestFileRead.Name => """{"count":0,"buf-b64":"","eof":true}""",
                                GuestFileWrite.Name => """{"count":3,"eof":false}""",
                                GuestFileSeek.Name => """{"position":0,"eof":false}""",
                                _ => "{}",
                            })));
}
