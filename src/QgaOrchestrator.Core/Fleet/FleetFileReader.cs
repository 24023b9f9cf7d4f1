using System.Text.Json;

namespace QgaOrchestrator.Core.Fleet;

/// <summary>
/// Reads the fleet's file: <c>{ "Vms": [ { "Name": "db1", "Host": null, "Labels": { "app": "db" }, "Group": "shop",
/// "Freeze": "together", "Exclude": ["scratch"] } ] }</c> with the members of its place, where all but Name may be missing.
/// Comments and trailing commas are allowed. Every fault is told, not only the first.
/// </summary>
public sealed class FleetFileReader(IVmPlaces places)
{
    private readonly string[] _members = ["Name", "Host", "Labels", "Group", "Freeze", .. places.Members, "Exclude"];

    private static readonly JsonDocumentOptions Lenient =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <returns>The file, or null and what is wrong with it, a sentence each.</returns>
    public (FleetFile? File, IReadOnlyList<string> Errors) Read(ReadOnlyMemory<byte> utf8)
    {
        var errors = new List<string>();
        FleetFile file;
        try
        {
            using var document = JsonDocument.Parse(utf8, Lenient);
            file = new FleetFile(Vms(document.RootElement, errors));
        }
        catch (JsonException e)
        {
            return (null, [$"Not JSON at line {e.LineNumber + 1}: {e.Message}"]);
        }
        errors.AddRange(file.Validate(places));
        return errors.Count == 0 ? (file, []) : (null, errors);
    }

    private List<FleetVm> Vms(JsonElement root, List<string> errors)
    {
        var vms = new List<FleetVm>();
        if (root.ValueKind != JsonValueKind.Object)
        {
            errors.Add("The file must hold an object with Vms.");
            return vms;
        }
        foreach (var (at, member) in root.EnumerateObject().Index())
        {
            if (member.Name != "Vms") errors.Add($"{member.Name}: there is only Vms.");
            else if (root.EnumerateObject().Take(at).Any(before => before.Name == "Vms"))
                errors.Add("Vms is given twice; keep one.");
            else if (member.Value.ValueKind != JsonValueKind.Array) errors.Add("Vms must be a list.");
            else vms.AddRange(member.Value.EnumerateArray().Select((vm, i) => Vm(vm, $"Vms[{i}]", errors)));
        }
        return vms;
    }

    private FleetVm Vm(JsonElement vm, string at, List<string> errors)
    {
        var given = new Dictionary<string, JsonElement>();
        if (vm.ValueKind != JsonValueKind.Object) errors.Add($"{at} must be an object.");
        else
        {
            foreach (var member in vm.EnumerateObject())
            {
                if (!_members.Contains(member.Name))
                    errors.Add($"{at}.{member.Name}: there is only {string.Join(", ", _members)}.");
                else if (given.ContainsKey(member.Name)) errors.Add($"{at}.{member.Name} is given twice; keep one.");
                else if (member.Value.ValueKind != JsonValueKind.Null) given[member.Name] = member.Value;
            }
        }
        return new(Text("Name") ?? "", Text("Host"), Labels(), Text("Group"), Freeze())
        {
            Place = places.Members
                .Select(name => (Name: name, Text: Text(name)))
                .Where(member => member.Text is not null)
                .ToDictionary(member => member.Name, member => member.Text!),
            Exclude = Texts("Exclude"),
        };

        string? Text(string name)
        {
            if (!given.TryGetValue(name, out var value)) return null;
            if (value.ValueKind == JsonValueKind.String) return value.GetString();
            errors.Add($"{at}.{name} must be text.");
            return null;
        }

        IReadOnlyList<string> Texts(string name)
        {
            if (!given.TryGetValue(name, out var value))
                return [];
            if (
                value.ValueKind == JsonValueKind.Array
                && value.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String)
            )
                return [.. value.EnumerateArray().Select(text => text.GetString()!)];
            errors.Add($"{at}.{name} must be a list of texts.");
            return [];
        }

        FreezeMode Freeze()
        {
            var text = Text("Freeze") ?? "together";
            foreach (var mode in Enum.GetValues<FreezeMode>())
            {
                if (mode.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)) return mode;
            }
            errors.Add($"{at}.Freeze must be together, alone or never, not '{text}'.");
            return FreezeMode.Together;
        }

        IReadOnlyDictionary<string, string> Labels()
        {
            if (!given.TryGetValue("Labels", out var labels))
                return VmIdentity.NoLabels;
            if (
                labels.ValueKind == JsonValueKind.Object
                && labels.EnumerateObject().All(l => l.Value.ValueKind == JsonValueKind.String)
            )
            {
                foreach (var twice in labels.EnumerateObject().GroupBy(l => l.Name).Where(l => l.Count() > 1))
                    errors.Add($"{at}.Labels.{twice.Key} is given twice; keep one.");
                return labels.EnumerateObject().DistinctBy(l => l.Name).ToDictionary(l => l.Name, l => l.Value.GetString()!);
            }
            errors.Add($"{at}.Labels must be an object of texts.");
            return VmIdentity.NoLabels;
        }
    }
}
