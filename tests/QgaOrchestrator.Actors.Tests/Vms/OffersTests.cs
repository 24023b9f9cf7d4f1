using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>What an agent lacks, has disabled, or does not take while frozen does not go out, and the caller is told which it
/// is.</summary>
public sealed class OffersTests : OneHost
{
    [Fact]
    public async Task A_command_that_the_agent_lacks_is_refused_unsent_and_since_when_it_is_there_told()
    {
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-get-load"));
        Assert.Equal(CallRefusal.UnknownCommand, refused.Why);
        Assert.Equal("the guest's agent (7.2.22) does not know guest-get-load, which came with QEMU 10.0", refused.Reason);
        Assert.Equal("Update qemu-ga in the guest to 10.0 or later", refused.Remedy);
        Assert.DoesNotContain("guest-get-load", Vm.Agent.Heard);
    }

    [Fact]
    public async Task A_missing_command_that_the_version_should_have_was_not_built_in()
    {
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-get-cpustats"));
        Assert.Equal(
            (CallRefusal.UnknownCommand, "the guest's agent (7.2.22) was built without guest-get-cpustats"),
            (refused.Why, refused.Reason)
        );
    }

    [Fact]
    public async Task A_command_that_is_disabled_in_the_guest_is_refused_before_it_is_sent()
    {
        Vm.Guest.Blocked.Add("guest-exec");
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-exec", """{"path":"/bin/echo"}"""));
        Assert.Equal(CallRefusal.Disabled, refused.Why);
        Assert.Contains("--block-rpcs", refused.Remedy);
        Assert.DoesNotContain("guest-exec", Vm.Agent.Heard);
    }

    [Fact]
    public async Task A_newly_allowed_command_is_sent_and_a_newly_disabled_one_is_refused()
    {
        Vm.Guest.Blocked.Add("guest-exec");
        await StartAsync();
        Vm.Guest.Blocked.Clear();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-exec", """{"path":"/bin/echo"}"""));
        Vm.Guest.Blocked.Add("guest-exec");
        Assert.Equal(
            CallRefusal.Disabled,
            Assert.IsType<CallReply.Refused>(await CallAsync("guest-exec", """{"path":"/bin/echo"}""")).Why
        );
    }

    [Fact]
    public async Task The_reply_to_a_manual_freeze_says_how_to_thaw()
    {
        await StartAsync();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-freeze"));
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-get-host-name"));
        Assert.Equal(CallRefusal.Frozen, refused.Why);
        Assert.Contains("by hand: qgactl thaw", refused.Remedy, StringComparison.Ordinal);
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-thaw"));
    }

    [Fact]
    public async Task Somebody_elses_freeze_is_told_apart_from_a_disabled_command_known_before_or_not()
    {
        await StartAsync();
        Vm.Guest.FreezeBySomebodyElse();
        foreach (var command in (string[])["guest-exec-status", "guest-get-host-name", "guest-fsfreeze-freeze"])
        {
            var refused = Assert.IsType<CallReply.Refused>(
                await CallAsync(command, command == "guest-exec-status" ? """{"pid":1}""" : "")
            );
            Assert.Equal(CallRefusal.Frozen, refused.Why);
            Assert.Contains("somebody else", refused.Reason);
        }
        Assert.True(Vm.Guest.IsFrozen);
        Assert.DoesNotContain("guest-fsfreeze-freeze", Vm.Agent.Heard);
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));

        Vm.Guest.ThawBySomebodyElse();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-get-host-name"));
    }

    [Fact]
    public async Task An_unlisted_command_is_sent_unchecked_and_its_refusal_is_explained()
    {
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-new-thing", """{"any":[null]}"""));
        Assert.Equal(CallRefusal.UnknownCommand, refused.Why);
        Assert.Contains("guest-new-thing", Vm.Agent.Heard);
    }

    [Fact]
    public async Task A_word_newer_than_the_agent_is_refused_before_it_is_sent()
    {
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(
            await CallAsync("guest-exec", """{"path":"/bin/echo","capture-output":"merged"}""")
        );
        Assert.Equal(CallRefusal.BadArguments, refused.Why);
        Assert.StartsWith("capture-output: given a word, which agents take since QEMU 8.0", refused.Reason);
        Assert.DoesNotContain("guest-exec", Vm.Agent.Heard);
    }
}
