using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;

namespace QgaOrchestrator.Node;

/// <summary><c>qgad detect</c>: finds the VMs of this host, tells what each of them lacks, and writes their sources into a
/// config.</summary>
public static class DetectCommand
{
    public const string Name = "detect";

    private const string Config = "--config", Write = "--write";

    private static readonly JsonSerializerOptions _readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions _config = new() { AllowDuplicateProperties = false };

    /// <param name="arguments">Behind the command's name.</param>
    /// <param name="directory">What relative paths are relative to.</param>
    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    /// <returns>The exit code: 0 VMs were found, 1 none, 2 something cannot be used.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, string directory, TextWriter output, TextWriter error, string root = "/")
    {
        string? file = null;
        var write = false;
        for (var at = 0; at < arguments.Count; at++)
        {
            if (arguments[at] == Write) write = true;
            else if (arguments[at] == Config && at + 1 < arguments.Count) file = Path.GetFullPath(arguments[++at], directory);
            else return Fail(error, $"{arguments[at]}: not understood; qgad detect [--config FILE --write]");
        }
        if (write && file is null) return Fail(error, $"{Write} needs {Config} FILE, the config to write to");

        var found = await HostKinds.DetectAsync(HostSight.Look(root, TimeProvider.System));
        foreach (var kind in found) Tell(kind, output);
        JsonArray sources = [.. found.SelectMany(kind => kind.Sources)];
        if (sources.Count == 0)
        {
            output.WriteLine(found.Count == 0
                ? "No QEMU runs on this host. Start its VMs, then run this again; as root, so that all of them are seen."
                : "No VM can be used yet: give each what it lacks, then run this again.");
            return 1;
        }
        return write ? WriteTo(file!, sources, output, error) : Show(file, sources, output);
    }

    private static void Tell(DetectedVms kind, TextWriter output)
    {
        output.WriteLine($"{kind.Kind}: {kind.Saw}");
        if (kind.Missing is { } missing) output.WriteLine($"  {Sentences(missing)}");
        var width = kind.Vms.Select(vm => vm.Name.Length).DefaultIfEmpty().Max();
        foreach (var vm in kind.Vms)
        {
            var pid = vm.Pid is { } number ? string.Create(CultureInfo.InvariantCulture, $"pid {number}") : "";
            output.WriteLine(
                $"  {vm.Name.PadRight(width)}  {pid,-11}  "
                    + (vm.Missing.Count == 0 ? "can be used" : string.Join("; also ", vm.Missing.Select(Sentences))));
        }
    }

    private static string Sentences(VmObstacle missing) => $"{missing.Reason}. {missing.Remedy}";

    private static int Show(string? file, JsonArray sources, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"\"Sources\": {sources.ToJsonString(_readable)}");
        output.WriteLine();
        output.WriteLine($"To write this into a config: qgad {Name} {Config} {file ?? "FILE"} {Write}");
        return 0;
    }

    /// <summary>Replaces Fleet.Sources alone. A file that is not there is made of these, and all else has its default.</summary>
    private static int WriteTo(string file, JsonArray sources, TextWriter output, TextWriter error)
    {
        try
        {
            var isNew = !File.Exists(file);
            var config = isNew ? [] : JsonNode.Parse(File.ReadAllText(file), documentOptions: _config) as JsonObject;
            if (config is null || config["Fleet"] is not (null or JsonObject))
                return Fail(error, $"{file} holds no object with a section Fleet; correct it, then run this again");
            if (config["Fleet"] is not JsonObject fleet) config["Fleet"] = fleet = [];
            var same = JsonNode.DeepEquals(fleet["Sources"], sources);
            if (!same)
            {
                fleet["Sources"] = sources;
                Replace(file, config.ToJsonString(_readable) + "\n", isNew);
            }
            output.WriteLine();
            output.WriteLine(same
                ? $"{file} has these sources already."
                : $"Wrote Fleet.Sources of {file}; all else is as it was.");
            output.WriteLine("Next: systemctl restart qga-watchdog qgad; qgactl backup check");
            return 0;
        }
        catch (JsonException e)
        {
            return Fail(error, $"{file} cannot be read: {e.Message.TrimEnd('.')}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(error, $"{file}: {e.Message.TrimEnd('.')}");
        }
    }

    private static void Replace(string file, string text, bool isNew)
    {
        var draft = file + ".new";
        File.WriteAllText(draft, text);
        if (!isNew) File.SetUnixFileMode(draft, File.GetUnixFileMode(file));
        File.Move(draft, file, overwrite: true);
    }

    private static int Fail(TextWriter error, string reason)
    {
        error.WriteLine($"qgad: {reason}");
        return 2;
    }
}
