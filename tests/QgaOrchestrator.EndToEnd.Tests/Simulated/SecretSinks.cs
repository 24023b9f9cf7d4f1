using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Looks for secrets, in all their forms, where a program may have left them. What is found is named by place and
/// form.</summary>
internal sealed class SecretSinks
{
    private const long LargestTemporary = 16 << 20;

    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>What lies deeper in a folder for temporary files is a tree that somebody works in.</summary>
    private static readonly EnumerationOptions Near = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 1,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    private readonly IReadOnlyList<(string Form, byte[] Bytes)> _forms;
    private readonly Needles _needles;

    public SecretSinks(params IEnumerable<string> secrets)
    {
        _forms = [.. secrets.SelectMany(SecretForms.Of)];
        _needles = new([.. _forms.Select(form => form.Bytes)]);
    }

    /// <summary>All files of a folder, and those below; a database also row by row, as parts of it may be packed.</summary>
    public IReadOnlyList<string> InFiles(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", Below).SelectMany(file =>
            In(file, Read(file)).Concat(file.EndsWith(".db", StringComparison.Ordinal) ? InRows(file) : [])),
    ];

    public IEnumerable<string> InFile(string file) => In(file, Read(file));

    /// <summary>What anybody has written since then where programs leave temporary files.</summary>
    public IReadOnlyList<string> InTemporaryFiles(DateTime since) =>
    [
        .. new[] { Path.GetTempPath(), "/var/tmp", "/dev/shm" }.Where(Directory.Exists)
            .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", Near))
            .Where(file => file.LastWriteTimeUtc >= since && file.Length is > 0 and <= LargestTemporary)
            .SelectMany(file => In(file.FullName, Read(file.FullName))),
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

    /// <summary>All memory of a running process that its core would hold.</summary>
    public IReadOnlyList<string> InMemory(string name, int process) =>
    [
        .. ProcessMemory.Find(process, [.. _forms.Select(form => ProcessMemory.Masked(form.Bytes))])
            .Select(form => $"{name}'s memory: {_forms[form].Form}"),
    ];

    private IEnumerable<string> In(string place, byte[] bytes) =>
        _needles.In(bytes).Distinct().Select(form => $"{place}: {_forms[form].Form}");

    private IEnumerable<string> InRows(string database)
    {
        using var opened = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        opened.Open();
        foreach (var (table, row) in Rows(opened, "SELECT name FROM sqlite_master WHERE type = 'table'")
            .SelectMany(name => Rows(opened, $"SELECT * FROM \"{name[0]}\"").Select(row => (name[0], row))))
            foreach (var value in row)
            {
                var bytes = value as byte[] ?? Encoding.UTF8.GetBytes($"{value}");
                foreach (var found in In($"{database} {table}", bytes).Concat(In($"{database} {table}", Unpacked(bytes))))
                    yield return found;
            }
    }

    private static List<object[]> Rows(SqliteConnection opened, string query)
    {
        using var command = opened.CreateCommand();
        command.CommandText = query;
        using var reader = command.ExecuteReader();
        var rows = new List<object[]>();
        while (reader.Read())
        {
            rows.Add(new object[reader.FieldCount]);
            reader.GetValues(rows[^1]);
        }
        return rows;
    }

    /// <summary>As views.db keeps a run's items: zlib in base64. Empty: it is no such thing.</summary>
    private static byte[] Unpacked(byte[] text)
    {
        if (text.Length == 0 || !Base64.IsValid(text)) return [];
        try
        {
            using var packed = new ZLibStream(
                new MemoryStream(Convert.FromBase64String(Encoding.ASCII.GetString(text))), CompressionMode.Decompress);
            using var all = new MemoryStream();
            packed.CopyTo(all);
            return all.ToArray();
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    /// <summary>Empty where it is gone, or not ours to read.</summary>
    private static byte[] Read(string path)
    {
        try
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var all = new MemoryStream((int)file.Length);
            file.CopyTo(all);
            return all.Length == all.Capacity ? all.GetBuffer() : all.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
