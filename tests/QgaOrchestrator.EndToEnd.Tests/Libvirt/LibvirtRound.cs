using System.Globalization;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>What is hit inside a window.</summary>
internal enum LibvirtHit { DaemonKilled, DaemonAndNodeKilled, DaemonStopped }

/// <summary>One round of kills of libvirt's daemon: drawn from the seed, so that it can be repeated.</summary>
/// <param name="Frozen">The instant is counted from the freeze, and not from the opening of the window.</param>
/// <param name="After">So much later it is hit.</param>
/// <param name="RestartsAtOnce">As a service manager does it; else when the guest has been thawed without the daemon.</param>
/// <param name="Stopped">For how long, where it is stopped.</param>
internal sealed record LibvirtRound(
    int Number, LibvirtHit Hit, bool Frozen, TimeSpan After, bool RestartsAtOnce, TimeSpan Stopped)
{
    private static readonly int Hits = Enum.GetValues<LibvirtHit>().Length;

    public static LibvirtRound Draw(int number, Random chance) => new(
        number, (LibvirtHit)(number % Hits), chance.Next(3) > 0, TimeSpan.FromMilliseconds(chance.Next(0, 200)),
        chance.Next(2) == 0, TimeSpan.FromMilliseconds(chance.Next(100, 6000)));

    public override string ToString() =>
        $"round {Number}: {Hit} {After.Milliseconds} ms after the {(Frozen ? "freeze" : "opening")}"
        + Hit switch
        {
            LibvirtHit.DaemonStopped => string.Create(CultureInfo.InvariantCulture, $" for {Stopped.TotalSeconds:0.0} s"),
            _ => RestartsAtOnce ? ", restarts at once" : ", restarts later",
        };
}
