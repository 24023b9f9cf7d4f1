using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// What guests do wrong when they are sent a password, for one round. Of a hundred, five refuse, two answer late or never, two
/// refuse after they have changed, two set it back, two lose the link, and one is a clone of the fleet's first VM.
/// </summary>
internal sealed class PasswordFaults : IDisposable
{
    private const string Refusal = "child process has failed to set user password";

    /// <summary>Of guest-set-user-password, as the node waits for it.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly List<IDisposable> _rules = [];

    /// <param name="fleet">Whose guests.</param>
    /// <param name="user">The account.</param>
    /// <param name="chance">Who does what.</param>
    /// <param name="isSlow">Who is late is so beyond the node's time-out, and some never answer: a minute and more.</param>
    public PasswordFaults(SimulatedFleet fleet, string user, Random chance, bool isSlow)
    {
        foreach (var vm in fleet.Vms)
        {
            if (chance.Next(100) == 0) vm.Guest.Accounts.Shadow[user] = fleet.Vms[0].Guest.Accounts.Shadow[user];
            if (Of(vm, user, chance, isSlow) is { } acts)
                _rules.Add(vm.Agent.On("guest-set-user-password", acts).Times(chance.Next(1, 4)));
        }
    }

    /// <summary>From now on all is well: what hangs is let go.</summary>
    public void Dispose()
    {
        foreach (var rule in _rules) rule.Dispose();
    }

    private static Act[]? Of(SimulatedVm vm, string user, Random chance, bool isSlow) => chance.Next(100) switch
    {
        < 5 => [Act.Error(Refusal)],
        < 7 => isSlow ? Slow(chance) : [Act.Wait(TimeSpan.Zero, TimeSpan.FromSeconds(5))],
        < 9 => [Act.Execute, Act.Error(Refusal)],
        < 11 => [Act.Execute, Act.Do(SetBack(vm, user)), Act.Reply],
        < 12 => [Act.Execute, Act.Disconnect],
        < 13 => [Act.Disconnect],
        _ => null,
    };

    private static Act[] Slow(Random chance) => chance.Next(4) switch
    {
        0 => [Act.Wait(Timeout, Timeout * 1.5)],
        1 => [Act.Execute, Act.Silence],
        2 => [Act.Silence],
        _ => [Act.Hang],
    };

    private static Action SetBack(SimulatedVm vm, string user)
    {
        var before = vm.Guest.Accounts.Shadow[user];
        return () => vm.Guest.Accounts.Shadow[user] = before;
    }
}
