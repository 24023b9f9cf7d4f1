namespace QgaOrchestrator.Architecture.Tests;

/// <summary>The C# files of src and tests as they lie in the checkout, without what the build makes.</summary>
internal static class Sources
{
    public static IReadOnlyList<Source> InSrc { get; } = [.. Of("src")];

    public static IReadOnlyList<Source> InTests { get; } = [.. Of("tests")];

    public static IReadOnlyList<Source> All { get; } = [.. InSrc, .. InTests];

    private static IEnumerable<Source> Of(string top) => Directory
        .EnumerateFiles(Path.Combine(Repository.Root, top), "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(path => new Source(path, File.ReadAllText(Path.Combine(Repository.Root, path))));
}

/// <param name="Path">From the checkout's root, with slashes.</param>
/// <param name="Text">All of it.</param>
internal sealed record Source(string Path, string Text)
{
    /// <summary>Its lines, without their ends.</summary>
    public IReadOnlyList<string> Lines { get; } = Text.TrimEnd('\n').Split('\n');
}
