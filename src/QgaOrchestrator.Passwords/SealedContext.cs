using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords;

/// <summary>What a sealed password is for. It is sealed together with it, so that nobody can pass one off as another's.</summary>
/// <param name="Vm">The VM's UUID, or host/name where it has none.</param>
/// <param name="Name">host/name.</param>
/// <param name="User">The account in the guest.</param>
/// <param name="Generation">From 1.</param>
/// <param name="Made">Kept in seconds, UTC.</param>
public sealed record SealedContext(string Vm, string Name, string User, int Generation, DateTimeOffset Made);

/// <summary>To be disposed: it overwrites the password.</summary>
public sealed record OpenedPassword(SealedContext Context, Secret Password) : IDisposable
{
    public void Dispose() => Password.Dispose();
}
