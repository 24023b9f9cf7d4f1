using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Images;

/// <summary>What qemu-img info tells of one image.</summary>
/// <param name="VirtualSize">Bytes, as a guest sees the disk.</param>
/// <param name="ActualSize">Bytes that the file takes on its file system.</param>
/// <param name="BackingFilename">The image below it, null for a whole one.</param>
public sealed record ImageInfo(string Format, long VirtualSize, long ActualSize, string? BackingFilename)
{
    public ImageSpecific? FormatSpecific { get; init; }

    /// <summary>Everything is in this one file: nothing that its header names is read beside it.</summary>
    public bool IsWhole => BackingFilename is null && FormatSpecific?.Data?.DataFile is null;
}

/// <param name="Data">For qcow2; other formats have none.</param>
public sealed record ImageSpecific(string? Type, ImageSpecificData? Data);

/// <param name="DataFile">A second file that holds the disk's bytes.</param>
public sealed record ImageSpecificData(string? DataFile, bool Corrupt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower)]
[JsonSerializable(typeof(ImageInfo))]
internal sealed partial class ImageJson : JsonSerializerContext;
