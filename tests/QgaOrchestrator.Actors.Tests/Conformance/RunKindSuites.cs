using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Tests.Conformance.Toy;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Conformance;

public sealed class BackupKindConforms : RunKindSuite
{
    protected override RunKind Kind => RunKinds.Known.Find("backup")!;

    protected override string Given => """{"method":"full","consistency":"require","bandwidth":1000000000}""";

    protected override IDisposable? Hold(string step) => step switch
    {
        "prepare" => Vm.Monitor.On("blockdev-create", Act.Hang),
        "window" => Vm.Monitor.On("transaction", Act.Hang),
        "copy" => Vm.Jobs.Hold("backup"),
        _ => null,
    };

    /// <summary>A point lies whole, or there is none.</summary>
    protected override void AssertEnded(string run) => Assert.Equal(0, Files().Count % (Vm.Disks.Count + 1));
}

public class CommandKindConforms : RunKindSuite
{
    protected override RunKind Kind => RunKinds.Known.Find("command")!;

    protected override string Given => """{"command":"guest-get-osinfo"}""";

    protected override IReadOnlyList<string> Needed => ["command"];
}

public sealed class UnrepeatableCommandConforms : CommandKindConforms
{
    protected override string Given => """{"command":"guest-set-time","arguments":{}}""";

    protected override string MayEndUnknown => "a command that is not safe to repeat may have been executed";
}

public sealed class ExecKindConforms : RunKindSuite
{
    private int _started;
    private Task _until = Task.CompletedTask;

    protected override RunKind Kind => RunKinds.Known.Find("exec")!;

    protected override string Given => """{"path":"/bin/once","args":["a"],"env":["TOKEN=hunter2"],"timeout":"00:01:00"}""";

    protected override IReadOnlyList<string> Needed => ["path"];

    protected override string MayEndUnknown => "a process whose pid was not seen may run";

    protected override void Prepare() => Vm.Guest.Programs["/bin/once"] = (_, _) =>
    {
        _started++;
        return new GuestExit(0, "done") { Until = _until };
    };

    protected override IDisposable? Hold(string step) => step == "wait" ? new RunningProcess(this) : null;

    protected override void AssertEnded(string run)
    {
        Assert.InRange(_started, 0, 1);
        _started = 0;
    }

    /// <summary>It ends when this does.</summary>
    private sealed class RunningProcess : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RunningProcess(ExecKindConforms suite) => suite._until = _ended.Task;

        public void Dispose() => _ended.SetResult();
    }
}

public sealed class PasswordResetKindConforms : RunKindSuite
{
    protected override RunKind Kind => RunKinds.Known.Find("password-reset")!;

    protected override string Given => """{"user":"root","verify":"login","acceptUnverified":true}""";

    protected override IReadOnlyList<string> Needed => ["user"];

    /// <summary>What is in force in the guest is what the escrow says and opens, and nothing else may be.</summary>
    protected override void AssertEnded(string run)
    {
        // Nothing at all where it was told to end before it began.
        if (Passwords.Escrow.OfVmAsync(Key).Result.SingleOrDefault() is not { } account) return;
        Assert.Null(account.Lease);
        var current = Assert.Single(AccountRules.Possible(account));
        var clear = EscrowKeys.Open(Passwords.Escrow.SealedAsync(account.Id, current.Number).Result!);
        Assert.True(Vm.Guest.Accounts.Opens("root", clear));
    }

    private string Key => AccountId.KeyOf($"{Vm.Uuid}", Id.Host, Id.Name);
}

public sealed class PasswordCheckKindConforms : RunKindSuite
{
    protected override RunKind Kind => RunKinds.Known.Find("password-check")!;

    protected override string Given => """{"user":"root"}""";
}

/// <summary>What it takes to add a kind: its folder, and a line.</summary>
public sealed class ToyKindConforms : RunKindSuite
{
    protected override RunKind Kind { get; } = new ToyRunKind();

    protected override string Given => """{"maxParallel":7}""";
}
