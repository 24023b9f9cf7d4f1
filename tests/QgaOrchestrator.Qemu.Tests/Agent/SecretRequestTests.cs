using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using static QgaOrchestrator.Qemu.Tests.Agent.LinkDialogue;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>What a guest says to a command that held a secret leaves the link without the guest's words.</summary>
public sealed class SecretRequestTests : IDisposable
{
    private const string Password = "S3cret!", Error = $$$"""{"error":{"class":"{0}","desc":"no {{{Password}}}"}}""";

    private readonly Secret _password = Secret.Of(Password);

    [Theory]
    [InlineData("GenericError", "GenericError")]
    [InlineData("CommandNotFound", "CommandNotFound")]
    [InlineData(Password, "GenericError")]
    public void An_error_keeps_its_class_and_loses_its_words(string said, string told)
    {
        var link = Sent();
        link.Hear(Says(said));
        var refused = Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called));
        Assert.Equal(new AgentError(told, WithheldReply.Words), refused.Error);
    }

    [Theory]
    [InlineData($$$"""{"return":"{{{Password}}}"}""", "{}")]
    [InlineData($$$"""{"return":{"a":"{{{Password}}}"},"b":"{{{Password}}}"}""", "{}")]
    [InlineData("""{"return":["S3cret!"]}""", "{}")]
    [InlineData("""{"return":{}}""", "{}")]
    public void A_value_says_only_that_it_came(string said, string told)
    {
        var link = Sent();
        link.Hear(said + "\n");
        Assert.Equal(told, link.Returned());
    }

    [Fact]
    public void A_value_keeps_the_numbers_that_its_command_returns()
    {
        var link = Ready();
        link.Send(GuestExec.SecretRequest("cat", [], _password));
        link.Hear("""{"return":{"note":"S3cret!","more":{"pid":1},"pid":4711}}""" + "\n");
        Assert.Equal("""{"pid":4711}""", link.Returned());
    }

    [Fact]
    public void An_error_before_a_sync_that_follows_the_command_is_told_without_words()
    {
        var link = Sent();
        link.Do(new LinkInput.Resync(7));
        link.Hear(Says("GenericError") + Stray + Synced(7));
        Assert.Equal(WithheldReply.Words, Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called)).Error.Description);
        Assert.True(Assert.Single(link.Resynced).InSync);
    }

    [Fact]
    public void An_agent_that_saw_only_the_sync_behind_the_command_has_not_refused_it()
    {
        var link = Sent();
        link.Do(new LinkInput.Resync(7));
        link.Hear(Stray + Synced(7));
        Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called));
    }

    [Fact]
    public void A_command_without_a_secret_keeps_the_words()
    {
        var link = Ready();
        link.Send(new AgentRequest("guest-exec"));
        link.Hear(Says("GenericError"));
        Assert.Equal($"no {Password}", Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called)).Error.Description);
    }

    public void Dispose() => _password.Dispose();

    private LinkDialogue Sent()
    {
        var link = Ready();
        link.Send(GuestSetUserPassword.Request("root", _password, crypted: false));
        return link;
    }

    private static string Says(string errorClass) => Error.Replace("{0}", errorClass, StringComparison.Ordinal) + "\n";
}
