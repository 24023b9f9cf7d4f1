using System.Text.Json;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>
/// What QEMU calls an image: a path, a protocol's notation (rbd:POOL/IMAGE), or, where a path would not tell all,
/// <c>json:{…}</c> with the image's layers inside of each other, as of a throttle filter or of a raw image with a size.
/// </summary>
/// <param name="Format">The outermost layer that is a format; raw where there is none.</param>
/// <param name="File">What lies at the bottom: a path where there is one, else the name as QEMU tells it.</param>
/// <param name="Shifted">The disk begins somewhere inside of the file.</param>
internal sealed record ImageName(string Format, string? File, bool Shifted)
{
    /// <summary>Drivers of formats; any other filters, or serves a file, a device or a protocol.</summary>
    private static readonly HashSet<string> Formats =
        ["raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vhdx", "vpc", "parallels", "luks"];

    private const string Pseudo = "json:";

    /// <param name="driver">The node's own.</param>
    /// <param name="file">As query-block tells it.</param>
    public static ImageName Of(string? driver, string? file)
    {
        var layers = file is not null && file.StartsWith(Pseudo, StringComparison.Ordinal) ? Layers(file[Pseudo.Length..]) : [];
        var drivers = layers.Select(layer => layer.Driver).Prepend(driver);
        var bottom = layers.Count > 0 && layers[^1] is { Driver: "file" or "host_device", Filename: { } path } ? path : file;
        return new(drivers.FirstOrDefault(Formats.Contains!) ?? "raw", bottom, layers.Any(layer => layer.Shifted));
    }

    private static List<(string? Driver, string? Filename, bool Shifted)> Layers(string json)
    {
        var layers = new List<(string?, string?, bool)>();
        try
        {
            using var document = JsonDocument.Parse(json);
            for (
                JsonElement? at = document.RootElement;
                at is { ValueKind: JsonValueKind.Object } layer;
                at = layer.TryGetProperty("file", out var below) ? below : null
            )
                layers.Add((Text(layer, "driver"), Text(layer, "filename"), Text(layer, "offset") is not (null or "0")));
        }
        catch (JsonException)
        {
            return [];
        }

        return layers;
    }

    /// <summary>QEMU writes a number as text where it was given as an option.</summary>
    private static string? Text(JsonElement layer, string name) => !layer.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
}
