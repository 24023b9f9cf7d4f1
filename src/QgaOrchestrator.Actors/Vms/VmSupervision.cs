using Akka.Actor;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// The actors below a VM's, by name, and what becomes of one that fails. What begins a freeze never begins anew, which would
/// freeze again: a window, whose ledger's entry is adopted, and the caller's actor that ordered it. The others remember nothing
/// that counts.
/// </summary>
internal sealed class VmSupervision : OneForOneStrategy
{
    public const string Monitor = "monitor", Items = "items", Window = "window-";

    protected override Directive Handle(IActorRef child, Exception exception) =>
        child.Path.Name is Monitor or Items ? base.Handle(child, exception) : Directive.Stop;
}
