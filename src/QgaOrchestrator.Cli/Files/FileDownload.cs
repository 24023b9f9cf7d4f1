using System.Security.Cryptography;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Cli.Files;

/// <summary>
/// Copies a guest's file here: into PATH.part, which is renamed when its SHA-256 is the guest's. A copy that broke off, in this
/// call or an earlier one, is resumed where the guest's file still begins with what is here already.
/// </summary>
internal sealed class FileDownload(QgaClient client, CopyPlace from, string to, CopyProgressLine progress, TimeProvider time)
{
    /// <summary>Its owner's alone: the agent reads as root; who else may read it here is its owner's to say.</summary>
    private readonly string _part = to + ".part";

    public async Task<CopyReport> RunAsync(CancellationToken cancel)
    {
        var resumed = 0L;
        var (bytes, sha256) = await new CopyTries(time, progress).RunAsync(async () =>
        {
            using var kept = await KeptAsync(cancel).ConfigureAwait(false);
            resumed = Math.Max(resumed, kept.Bytes);
            return await CopyAsync(kept, cancel).ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);
        progress.Say("checking");
        var digest = await client.GetFileDigestAsync(from.Vm!, from.Path, bytes, cancel).ConfigureAwait(false);
        if (digest.Sha256 != sha256 || digest.Bytes != bytes)
        {
            File.Delete(_part);
            throw new CommandFailedException(
                $"{from} changed while it was being read: the SHA-256 of the copy is another.",
                "Copy it when nothing writes to it, or make a copy in the guest and copy that."
            );
        }
        File.Move(_part, to, overwrite: true);
        return new CopyReport(from.ToString(), to, bytes, sha256, digest.How, "renamed", resumed, progress.Took.TotalSeconds);
    }

    /// <summary>What is here and in the guest alike; the rest is taken away.</summary>
    private async Task<Kept> KeptAsync(CancellationToken cancel)
    {
        if (KeptBytes() is > 0 and var length)
        {
            var sum = await LocalSum.BeginAsync(_part, length, cancel).ConfigureAwait(false);
            var digest = await client.GetFileDigestAsync(from.Vm!, from.Path, length, cancel).ConfigureAwait(false);
            if (digest.Bytes == length && digest.Sha256 == LocalSum.Hex(sum)) return new Kept(length, sum);
            sum.Dispose();
            File.Delete(_part);
        }
        return new Kept(0, IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
    }

    /// <summary>What lies there under that name may be a link, or another user's, where others can write to the
    /// directory.</summary>
    private long KeptBytes()
    {
        using var part = HeldDirectory.OpenFile(_part);
        return part?.Length ?? 0;
    }

    private async Task<(long Bytes, string Sha256)> CopyAsync(Kept kept, CancellationToken cancel)
    {
        var at = kept.Bytes;
        FileStream? file = null;
        try
        {
            await client.ReadFileAsync(from.Vm!, from.Path, kept.Bytes, size =>
            {
                progress.Begin(kept.Bytes, size);
                using var directory = HeldDirectory.Open(Path.GetDirectoryName(Path.GetFullPath(_part))!);
                file = directory.Append(Path.GetFileName(_part), OwnFiles.File);
                return new CountedStream(file, passed =>
                {
                    kept.Sum.AppendData(passed.Span);
                    at += passed.Length;
                    progress.Move(passed.Length);
                });
            }, cancel).ConfigureAwait(false);
            return (at, LocalSum.Hex(kept.Sum));
        }
        finally
        {
            if (file is not null) await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed record Kept(long Bytes, IncrementalHash Sum) : IDisposable
    {
        public void Dispose() => Sum.Dispose();
    }
}
