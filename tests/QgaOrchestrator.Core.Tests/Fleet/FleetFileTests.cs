using System.Text;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Tests.Fleet;

public class FleetFileTests
{
    [Fact]
    public void Reads_labels_groups_and_explicit_vms()
    {
        var (file, errors) = Read("""
            { // the shop
              "Vms": [
                { "Name": "db1", "Labels": { "app": "db" }, "Group": "shop", "Freeze": "alone",
                  "Agent": "unix:/run/vms/db1/qga.sock", "Monitor": "unix:/run/vms/db1/qmp.sock", "Exclude": ["scratch"] },
                { "Name": "web", "Host": "hv2" },
              ] }
            """);
        Assert.Empty(errors);
        var db1 = file!.Vms[0];
        Assert.Equal(("db", "shop", FreezeMode.Alone), (db1.Labels["app"], db1.Group, db1.Freeze));
        Assert.Equal(("unix:/run/vms/db1/qga.sock", "unix:/run/vms/db1/qmp.sock"), (db1.Place["Agent"], db1.Place["Monitor"]));
        Assert.False(file.Vms[1].IsPlaced);
        Assert.Equal(FreezeMode.Together, file.Vms[1].Freeze);
        Assert.Equal(["scratch"], file.Excluded(new VmId("hv1", "db1")));
        Assert.Empty(file.Excluded(new VmId("hv1", "web")));
    }

    [Fact]
    public void An_entry_with_the_host_wins_over_one_for_any_host()
    {
        var (file, _) = Read("""
            { "Vms": [ { "Name": "db", "Labels": { "at": "any" } }, { "Name": "db", "Host": "hv1", "Labels": { "at": "hv1" } } ] }
            """);
        Assert.Equal("hv1", file!.Identify(new VmId("hv1", "db"), null).Labels["at"]);
        Assert.Equal("any", file.Identify(new VmId("hv2", "db"), null).Labels["at"]);
        Assert.Empty(file.Identify(new VmId("hv2", "other"), null).Labels);
    }

    /// <summary>One edit, one look at all errors: nobody should have to start the node once for each.</summary>
    [Fact]
    public void Tells_every_fault_at_once()
    {
        var (file, errors) = Read("""
            { "Vms": [ { "Name": "a/b", "Freeze": "sometimes", "Agent": "tcp:1", "Colour": "red" },
                       { "Name": "vm", "Labels": { "host": "x" }, "Group": 5 },
                       { "Name": "vm", "Labels": { "app": 1 }, "Exclude": "vdb" },
                       { "Name": "w", "Exclude": [" vdb"] } ], "Hosts": [] }
            """);
        Assert.Null(file);
        Assert.Equal(11, errors.Count);
        Assert.Contains("Vms[0]: Agent 'tcp:1' is no place.", errors);
        Assert.Contains("Vms[2].Exclude must be a list of texts.", errors);
        Assert.Contains(errors, e => e.StartsWith("Vms[3]: Exclude ' vdb' is no disk's name", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("Vms[0].Colour: there is only Name, ", StringComparison.Ordinal));
        Assert.Contains("Vms[0].Freeze must be together, alone or never, not 'sometimes'.", errors);
        Assert.Contains("Vms[1]: Label 'host' is taken: in a selector it is the VM's own host.", errors);
        Assert.Contains("Vms: vm is named 2 times; keep one.", errors);
    }

    [Fact]
    public void A_member_that_comes_twice_is_refused_at_any_depth()
    {
        var (file, errors) = Read(
            """{ "Vms": [ { "Name": "a", "Name": "b", "Labels": { "app": "x", "app": "y" } } ], "Vms": [] }"""
        );
        Assert.Null(file);
        Assert.Equal(
            [
                "Vms is given twice; keep one.",
                "Vms[0].Labels.app is given twice; keep one.",
                "Vms[0].Name is given twice; keep one.",
            ],
            errors.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Says_in_which_line_it_is_no_json() =>
        Assert.Contains("line 2", Assert.Single(Read("{ \"Vms\": [\n oops").Errors), StringComparison.Ordinal);

    private static (FleetFile? File, IReadOnlyList<string> Errors) Read(string json) =>
        new FleetFileReader(new Places()).Read(Encoding.UTF8.GetBytes(json));

    private sealed class Places : IVmPlaces
    {
        public IReadOnlyList<string> Members => ["Agent", "Monitor"];

        public IEnumerable<string> Faults(IReadOnlyDictionary<string, string> place) => place
            .Where(member => !member.Value.StartsWith("unix:", StringComparison.Ordinal))
            .Select(member => $"{member.Key} '{member.Value}' is no place.");
    }
}
