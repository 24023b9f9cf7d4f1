namespace QgaOrchestrator.Architecture.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "QgaOrchestrator.sln"))
            ? directory
            : Find(
                Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests do not run inside a checkout.")
            );
}
