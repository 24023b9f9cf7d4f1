using System.Collections;

namespace QgaOrchestrator.Node.Options;

/// <summary>The process's environment as a map.</summary>
public static class ProcessEnvironment
{
    public static IReadOnlyDictionary<string, string> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal);
}
