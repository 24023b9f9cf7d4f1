using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Core.Points;

/// <summary>How one script of the guest's freeze hook ended.</summary>
/// <param name="Name">Its file name, [A-Za-z0-9._-].</param>
/// <param name="Status">Its exit status; 0: the application agreed.</param>
/// <param name="Ms">How long it ran.</param>
public sealed record HookScript(string Name, int Status, long Ms)
{
    /// <summary>The last line of its errors, printable ASCII; null where it said nothing.</summary>
    public string? Error { get; init; }
}

/// <summary>
/// What the guest's hook (deploy/guest-hooks/fsfreeze-hook) says of its last freeze, as its status.json holds it.
/// </summary>
/// <param name="Version">Of this format: 1.</param>
/// <param name="Sequence">Freezes since the guest booted, this one included.</param>
/// <param name="BootId">The guest's boot.</param>
/// <param name="Freeze">The scripts in the order of their calls, until one failed.</param>
/// <param name="Thaw">The scripts at the thaw; null before it.</param>
public sealed record HookStatus(
    int Version, long Sequence, string BootId, IReadOnlyList<HookScript> Freeze, IReadOnlyList<HookScript>? Thaw = null);

/// <summary>One look at the guest's status file.</summary>
public abstract partial record HookReading
{
    private HookReading() { }

    /// <summary>There is no file: the hook is not installed, or was not called since the guest booted.</summary>
    public sealed record Absent : HookReading;

    /// <summary>What it says is not known.</summary>
    public sealed record Unreadable(string Reason) : HookReading;

    public sealed record Seen(HookStatus Status) : HookReading;

    /// <summary>The guest writes the file, so nothing in it is taken on trust: names and errors reach terminals.</summary>
    public static HookReading Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, HookJson.Default.HookStatus) is { Version: 1, Sequence: > 0 } status
                && status.Freeze.Concat(status.Thaw ?? []).All(IsSound)
                    ? new Seen(status) : new Unreadable("its status file is not one of our hook's");
        }
        catch (JsonException)
        {
            return new Unreadable("its status file is damaged");
        }
    }

    private static bool IsSound(HookScript script) =>
        Name().IsMatch(script.Name) && (script.Error is null || Error().IsMatch(script.Error));

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[ -~]{0,200}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Error();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HookStatus))]
internal sealed partial class HookJson : JsonSerializerContext;
