using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Output;

internal static class VmText
{
    /// <summary>The table, then how many there are and how many of each state need a look.</summary>
    public static void WriteList(Screen to, IReadOnlyList<Vm> vms)
    {
        var hasReasons = vms.Any(vm => vm.Agent.Reason is not null);
        string[] header = ["VM", "HOST", "AGENT", "VERSION", "FROZEN", "OS", "LABELS"];
        var table = new TextTable(hasReasons ? [.. header, "REASON"] : header);
        foreach (var vm in vms)
            table.Add([
                vm.Name,
                vm.Host,
                Painted.State(vm.Agent.State),
                vm.Agent.Version,
                new Painted(Frozen(vm), vm.Frozen ? Paint.Bad : Paint.None),
                vm.Guest?.Os,
                Labels(vm),
                .. hasReasons ? [vm.Agent.Reason] : (Painted[])[],
            ]);
        table.Write(to);
        to.WriteLine(Summary(vms));
    }

    public static void Write(Screen to, Vm vm)
    {
        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                to.WriteLine($"{name,-13}{value}");
        }

        Line("VM", vm.Id);
        Line("UUID", vm.Uuid);
        Line("Labels", Labels(vm));
        Line("Group", vm.Group);
        Line("Agent", Sentence(vm.Agent.State, vm.Agent.Version, vm.Agent.Reason));
        Line("Remedy", vm.Agent.Remedy);
        Line("QEMU", vm.Monitor is { } monitor ? Sentence(monitor.State ?? "unknown", monitor.Version, monitor.Reason) : null);
        Line("Frozen", vm switch
        {
            { Frozen: false } => "no",
            { FrozenCertain: false } => $"{Frozen(vm)}: the freeze was sent {to.Time(vm.FrozenSince)} and is not answered",
            _ => $"{Frozen(vm)}, since {to.Time(vm.FrozenSince)}",
        });
        Line("Run", vm.Run);
        Line("As of", vm.AsOf is { } told ? to.Time(told) : null);
        foreach (var (command, why) in vm.NotUnderstood ?? new Dictionary<string, string>())
            Line("Not known", $"{command}: {why}");
        if (vm.Guest is not { } guest)
            return;
        Line("Guest", guest.HostName);
        Line("OS", guest.Os);
        Line("Kernel", guest.Kernel);
        Line("Addresses", string.Join(", ", guest.Addresses));
        Line("File systems", string.Join(", ", guest.FileSystems));
    }

    private static string Summary(IReadOnlyList<Vm> vms)
    {
        var states = vms.Where(vm => !AgentStates.IsFine(vm.Agent.State)).CountBy(vm => vm.Agent.State)
            .OrderBy(state => state.Key, StringComparer.Ordinal).ToList();
        return Text.Count(vms.Count, "VM") + (states.Count == 0
            ? ""
            : $"; with problems: {string.Join(", ", states.Select(state => $"{state.Value} {state.Key}"))} (qgactl vm show VM "
                + $"tells what to do)"
        );
    }

    private static string Frozen(Vm vm) => vm switch
    {
        { Frozen: false } => "no",
        { FrozenCertain: false } => vm.FrozenBy is { } perhaps ? $"perhaps, by {perhaps}" : "perhaps",
        { FrozenBy: { } by } => $"by {by}",
        _ => "yes",
    };

    private static string Labels(Vm vm) => string.Join(',', vm.Labels.Select(label => $"{label.Key}={label.Value}"));

    private static string Sentence(string state, string? version, string? reason) =>
        state + (version is null ? "" : $", {version}") + (reason is null ? "" : $": {reason}");
}
