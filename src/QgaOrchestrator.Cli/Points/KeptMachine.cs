using System.Security.Cryptography;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Cli.Points;

/// <summary>The files of a point's machine, here or at their host.</summary>
internal static class KeptMachine
{
    /// <summary>Of one file, in bytes.</summary>
    private const long Largest = 64 << 20;

    /// <summary>Each file against point.json; every one is told, whatever the others are.</summary>
    public static async Task<IReadOnlyList<MachineFileReport>> VerifyAsync(
        LocalPoint point, Action<string> tell, CancellationToken cancel)
    {
        var files = new List<MachineFileReport>();
        foreach (var file in point.Point.Machine?.Files ?? [])
        {
            var (_, wrong) = await ReadAsync(point, file, NoNode, cancel).ConfigureAwait(false);
            files.Add(new(point.PathOf(file), wrong is null, wrong));
            tell($"machine: {file.File}: {wrong ?? "SHA-256 as recorded"}");
        }

        return files;
    }

    /// <summary>Reads them all.</summary>
    /// <param name="connect">The node, asked where the files are elsewhere.</param>
    /// <returns>Those that are as they were recorded, and what is wrong with the others, a clause each.</returns>
    public static async Task<(IReadOnlyList<KeptFile> Files, IReadOnlyList<string> Wrong)> ReadAsync(
        FoundPoint point, Func<QgaClient> connect, CancellationToken cancel)
    {
        var (files, wrong) = (new List<KeptFile>(), new List<string>());
        foreach (var file in point.Point.Machine?.Files ?? [])
        {
            var (bytes, fault) = await ReadAsync(point, file, connect, cancel).ConfigureAwait(false);
            if (fault is null) files.Add(new(file.File, file.Part, bytes));
            else wrong.Add($"{file.File}: {fault}");
        }

        return (files, wrong);
    }

    private static async Task<(byte[] Bytes, string? Wrong)> ReadAsync(
        FoundPoint point, MachineFile file, Func<QgaClient> connect, CancellationToken cancel)
    {
        if (file.Bytes is < 0 or > Largest) return ([], $"its recorded length is {file.Bytes} bytes, and {Largest} are the most");
        var bytes = new byte[file.Bytes];
        try
        {
            if (point is LocalPoint local)
            {
                using var kept = HeldDirectory.OpenFile(local.PathOf(file));
                if (kept is null) return ([], "it is missing");
                if (kept.Length != bytes.Length) return ([], Changed(kept.Length, bytes.Length));
                await kept.ReadExactlyAsync(bytes, cancel).ConfigureAwait(false);
            }
            else
            {
                using var client = connect();
                using var to = new MemoryStream(bytes);
                await client.ReadPointMachineAsync(point.Point.Id, file.File, to, cancel).ConfigureAwait(false);
                if (to.Position != bytes.Length) return ([], Changed(to.Position, bytes.Length));
            }
        }
        catch (NotSupportedException)
        {
            return ([], $"it has changed: it has more than {bytes.Length} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ApiException)
        {
            return ([], e.Message);
        }

        var sum = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return string.Equals(sum, file.Sha256, StringComparison.OrdinalIgnoreCase)
            ? (bytes, null)
            : ([], $"it has changed: its SHA-256 is {sum}, and was {file.Sha256}");
    }

    private static string Changed(long now, long before) => $"it has changed: it has {now} bytes, and had {before}";

    private static QgaClient NoNode() => throw new InvalidOperationException("the files are here");
}
