using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>
/// What an entry's file holds. A stored format: a watchdog of one release reads what a node of another wrote, so an added
/// member is optional, and anything else is a new <see cref="Version"/>.
/// </summary>
internal sealed record LedgerFile(int Version, string Kind, LedgerEntry Entry)
{
    internal const int CurrentVersion = 1;
    internal const string FreezeKind = "freeze";
}

/// <summary>A missing member or a null where none is allowed fails loudly; a newer optional member is skipped.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(LedgerWord<LedgerPhase>), typeof(LedgerWord<SocketHold>)])]
[JsonSerializable(typeof(LedgerFile))]
internal sealed partial class LedgerJson : JsonSerializerContext;

internal sealed class LedgerWord<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
