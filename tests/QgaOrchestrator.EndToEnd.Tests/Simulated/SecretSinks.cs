using System.Text;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Looks for a secret, in all its forms, where a program may have left it. What is found is named by place and
/// form.</summary>
internal sealed class SecretSinks(string secret)
{
    private readonly IReadOnlyList<(string Form, byte[] Bytes)> _forms = SecretForms.Of(secret);

    /// <summary>All files of a folder, and those below.</summary>
    public IReadOnlyList<string> InFiles(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Where(file => File.ResolveLinkTarget(file, false) is null && new FileInfo(file).Length > 0)
            .SelectMany(file => In(file, Read(file))),
    ];

    public IReadOnlyList<string> InText(string place, string text) => [.. In(place, Encoding.UTF8.GetBytes(text))];

    /// <summary>Arguments and environment of all processes that we may look at, but our own.</summary>
    public IReadOnlyList<string> InProcesses() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out var id) && id != Environment.ProcessId)
            .SelectMany(folder => new[] { Path.Combine(folder, "cmdline"), Path.Combine(folder, "environ") })
            .SelectMany(file => In(file, Read(file))),
    ];

    /// <summary>All writable memory of a process.</summary>
    public IReadOnlyList<string> InMemory(string name, int process) =>
    [
        .. ProcessMemory.Find(process, [.. _forms.Select(form => ProcessMemory.Masked(form.Bytes))])
            .Select(form => $"{name}'s memory: {_forms[form].Form}"),
    ];

    private IEnumerable<string> In(string place, byte[] bytes) =>
        _forms.Where(form => bytes.AsSpan().IndexOf(form.Bytes) >= 0).Select(form => $"{place}: {form.Form}");

    /// <summary>Empty where it is gone, or not ours to read.</summary>
    private static byte[] Read(string path)
    {
        try
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var all = new MemoryStream();
            file.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
