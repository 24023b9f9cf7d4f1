using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>What a caller's call is given of what he asks for.</summary>
public class CallLimitsTests
{
    private static readonly FreezeLimits Configured = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10));

    [Theory]
    [InlineData("guest-ping", null, false, 5, false)]
    [InlineData("guest-ping", 1.0, false, 1, false)]
    [InlineData("guest-ping", 86_399.0, false, 30, true)]
    [InlineData("guest-ping", 6.0, true, 5, true)]                 // a viewer
    [InlineData("guest-ping", 4.0, true, 4, false)]
    [InlineData("guest-get-fsinfo", 3_600.0, false, 120, true)]
    [InlineData("guest-fstrim", 3_600.0, false, 600, true)]
    [InlineData("guest-shutdown", 3_600.0, false, 60, true)]
    [InlineData("guest-fsfreeze-thaw", 3_600.0, false, 120, true)]
    [InlineData("guest-newer-than-we", 3_600.0, false, 120, true)]
    public void A_time_out_is_at_most_what_the_commands_class_and_the_callers_role_allow(
        string command, double? asked, bool readsOnly, double given, bool clamped)
    {
        var limits = Limits(command, new CallOptions(Seconds(asked)) { ReadsOnly = readsOnly }, "debian");
        Assert.Equal(TimeSpan.FromSeconds(given), limits.Timeout);
        Assert.Equal(clamped ? limits.Timeout : null, limits.Clamped?.Timeout);
    }

    [Theory]
    [InlineData("debian", null, 30, false)]
    [InlineData("debian", 31.0, 30, true)]
    [InlineData("mswindows", null, 75, false)]
    [InlineData("mswindows", 76.0, 75, true)]
    [InlineData(null, null, 30, false)]
    [InlineData(null, 75.0, 75, false)]
    [InlineData(null, 3_600.0, 75, true)]
    public void A_freezes_time_out_is_at_most_what_a_window_is_given_for_the_guests_system(
        string? os, double? asked, double given, bool clamped)
    {
        foreach (var command in (string[])["guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list"])
        {
            var limits = Limits(command, new CallOptions(Seconds(asked)), os);
            Assert.Equal((TimeSpan.FromSeconds(given), clamped), (limits.Timeout, limits.Clamped is not null));
        }
    }

    [Theory]
    [InlineData("debian", null, 10, false)]
    [InlineData("debian", 300.0, 300, false)]
    [InlineData("debian", 301.0, 300, true)]
    [InlineData("mswindows", null, 8, false)]
    [InlineData("mswindows", 9.0, 8, true)]                       // VSS lets go by itself after 10 s
    [InlineData(null, null, 8, false)]
    [InlineData(null, 60.0, 60, false)]
    public void A_lease_is_at_most_five_minutes_and_on_windows_eight_seconds(
        string? os, double? asked, double given, bool clamped)
    {
        var limits = Limits("guest-fsfreeze-freeze", new CallOptions(Lease: Seconds(asked)), os);
        Assert.Equal(TimeSpan.FromSeconds(given), limits.Lease);
        Assert.Equal(clamped ? limits.Lease : null, limits.Clamped?.Lease);
    }

    private static CallLimits Limits(string command, CallOptions asked, string? os) =>
        CallLimits.Of((AgentCommands.Find(command) ?? AgentCommands.Unlisted(command)).Times(), asked, Configured, os);

    private static TimeSpan? Seconds(double? seconds) => seconds is { } s ? TimeSpan.FromSeconds(s) : null;
}
