using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core;

/// <summary>Enums are stored and told by name, in camelCase; a number is refused.</summary>
public sealed class CamelCaseNames<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
