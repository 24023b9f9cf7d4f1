namespace QgaOrchestrator.Core.Tests;

/// <summary>Files in their stored format, beside the tests.</summary>
internal static class Golden
{
    public static string Read(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name)).TrimEnd('\n');
}
