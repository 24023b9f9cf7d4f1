using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Cli.Support;

/// <summary>A tar.gz that only its owner can read.</summary>
internal sealed class SupportArchive : IAsyncDisposable
{
    private const string Folder = "qga-support/";

    private readonly TarWriter _tar;
    private readonly GZipStream _zip;
    private readonly FileStream _file;
    private readonly DateTimeOffset _now;

    /// <exception cref="IOException">The file is there already, or cannot be made.</exception>
    public SupportArchive(string path, DateTimeOffset now)
    {
        _now = now;
        _file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnFiles.File,
        });
        _zip = new(_file, CompressionLevel.Optimal);
        _tar = new(_zip, TarEntryFormat.Pax);
    }

    public async Task AddAsync(string name, string text, CancellationToken cancel)
    {
        var entry = new PaxTarEntry(TarEntryType.RegularFile, Folder + name)
        {
            DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
            Mode = OwnFiles.File,
            ModificationTime = _now,
        };
        await _tar.WriteEntryAsync(entry, cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _tar.DisposeAsync().ConfigureAwait(false);
        await _zip.DisposeAsync().ConfigureAwait(false);
        await _file.DisposeAsync().ConfigureAwait(false);
    }
}
