using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>deploy/guest-hooks/fsfreeze-hook: what it calls, when it refuses, and what the node reads of it.</summary>
public sealed class DispatcherTests
{
    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox sh")]
    public async Task Every_script_is_called_by_name_and_at_the_thaw_in_the_reverse_and_reports(string shell)
    {
        using var hook = new InstalledHook(shell);
        hook.Add("20-second", "");
        hook.Add("10-first", "");
        Assert.IsType<HookReading.Absent>(hook.Reading);
        Assert.Equal(new HookReport(true, "10-first, 20-second", null), await hook.FreezeAndThawAsync());
        Assert.Equal(["freeze 10-first", "freeze 20-second", "thaw 20-second", "thaw 10-first"], hook.Log);
        Assert.True((await hook.FreezeAndThawAsync()).Reported);
        Assert.Equal(2, Seen(hook).Sequence);
    }

    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("busybox sh")]
    public async Task A_script_that_fails_stops_the_freeze_and_those_before_it_are_thawed(string shell)
    {
        using var hook = new InstalledHook(shell);
        hook.Add("10-first", "");
        hook.Add(
            "20-second",
            "[ $1 = thaw ] || { echo 'first line' >&2; printf 'a \"quoted\\\\\" \\033[31mred \\303\\274 word' >&2; exit 3; }"
        );
        hook.Add("30-third", "");
        Assert.Equal("script 20-second of the guest's freeze hook failed (a quoted [31mred  word)", await hook.RefusalAsync());
        Assert.Equal(["freeze 10-first", "freeze 20-second", "thaw 20-second", "thaw 10-first"], hook.Log);
    }

    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("busybox sh")]
    public async Task A_script_that_hangs_is_ended_at_its_limit(string shell)
    {
        using var hook = new InstalledHook(shell);
        hook.Limit(1);
        hook.Add("10-hangs", "[ $1 = thaw ] || sleep 60");
        Assert.Equal("script 10-hangs of the guest's freeze hook failed (longer than 1 s)", await hook.RefusalAsync());
    }

    [SkippableFact]
    public async Task What_a_script_leaves_running_holds_nobody()
    {
        using var hook = new InstalledHook();
        hook.Add(
            "10-leaves",
            $"[ $1 = thaw ] || {{ sleep 60 & echo $! >{hook.Folder}/pid; }}; [ $1 = freeze ] || kill $(cat {hook.Folder}/pid)"
        );
        Assert.True((await hook.FreezeAndThawAsync()).Reported);
    }

    [SkippableFact]
    public async Task A_thaw_never_fails_and_tells_who_did()
    {
        using var hook = new InstalledHook();
        hook.Add("10-loses", "[ $1 = freeze ] || { echo 'the lock was lost' >&2; exit 1; }");
        var report = await hook.FreezeAndThawAsync();
        Assert.Equal(
            (false, "at the thaw, script 10-loses of the guest's freeze hook failed (the lock was lost)"),
            (report.Reported, report.Note)
        );
    }

    /// <summary>A thaw is sent until it is confirmed, so one freeze may see several.</summary>
    [SkippableFact]
    public async Task A_second_thaw_calls_again_and_hides_no_failure_of_the_first()
    {
        using var hook = new InstalledHook();
        hook.Add(
            "10-once",
            $"[ $1 = freeze ] && rm -f {hook.Folder}/thawed || {{ [ -e {hook.Folder}/thawed ] || {{ : >{hook.Folder}/thawed; "
                + $"exit 1; }}; }}"
        );
        Assert.False((await hook.FreezeAndThawAsync()).Reported);
        Assert.Equal(0, await hook.CallAsync("thaw"));
        Assert.Equal(["freeze 10-once", "thaw 10-once", "thaw 10-once"], hook.Log);
        Assert.Equal(1, Assert.Single(Seen(hook).Thaw!).Status);
    }

    [SkippableFact]
    public async Task A_thaw_without_a_freeze_reports_nothing()
    {
        using var hook = new InstalledHook();
        hook.Add("10-first", "");
        Assert.Equal(0, await hook.CallAsync("thaw"));
        Assert.Equal(["thaw 10-first"], hook.Log);
        Assert.IsType<HookReading.Absent>(hook.Reading);
    }

    [SkippableFact]
    public async Task Files_that_are_no_scripts_are_passed_over()
    {
        using var hook = new InstalledHook();
        foreach (
            var name in (string[])["10-a.bak", "11-a.rpmsave", "12-a.dpkg-dist", "13 a", "14-a~", "15-a.conf", "16-a.sample"]
        )
            hook.Add(name, "");
        hook.Add("20-b.sh", "");
        Assert.Equal("20-b.sh", (await hook.FreezeAndThawAsync()).Scripts);
    }

    [SkippableFact]
    public async Task A_hook_without_scripts_proves_nothing()
    {
        using var hook = new InstalledHook();
        Assert.Equal("the guest's freeze hook has no scripts", (await hook.FreezeAndThawAsync()).Note);
    }

    private static HookStatus Seen(InstalledHook hook) => Assert.IsType<HookReading.Seen>(hook.Reading).Status;
}
