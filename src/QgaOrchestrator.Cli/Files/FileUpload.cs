using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Files;

/// <summary>
/// Copies a file of this machine into a guest. A copy that broke off, in this call or an earlier one, is resumed where
/// the guest's part is the file's beginning; one in place is begun anew by each call.
/// </summary>
internal sealed class FileUpload(
    QgaClient client, string from, CopyPlace to, bool inPlace, string? mode, CopyProgressLine progress, TimeProvider time)
{
    public async Task<CopyReport> RunAsync(CancellationToken cancel)
    {
        var bytes = new FileInfo(from).Length;
        progress.Say("summing");
        var put = new FilePut(to.Path, bytes, await LocalSum.OfAsync(from, bytes, cancel).ConfigureAwait(false))
        {
            InPlace = inPlace,
            Mode = mode,
            NewMode = Convert.ToString((int)File.GetUnixFileMode(from) & 0x1FF, 8).PadLeft(4, '0'),
        };
        var resumed = 0L;
        var written = await new CopyTries(time, progress).RunAsync(async () =>
        {
            var there = await ThereAsync(put, cancel).ConfigureAwait(false);
            resumed = Math.Max(resumed, there);
            progress.Begin(there, bytes);
            var file = File.OpenRead(from);
            await using (file.ConfigureAwait(false))
            {
                file.Seek(there, SeekOrigin.Begin);
                return await client.WriteFileAsync(to.Vm!, put with { Offset = there }, new CountedStream(file, Passed), cancel)
                    .ConfigureAwait(false);
            }
        },
        cancel
        )
    .ConfigureAwait(false);
        return new CopyReport(
            from,
            to.ToString(),
            written.Bytes,
            written.Sha256,
            written.Checked,
            written.Placed,
            resumed,
            progress.Took.TotalSeconds
        );

        void Passed(ReadOnlyMemory<byte> sent)
        {
            if (sent.IsEmpty) progress.Say("checking");
            else progress.Move(sent.Length);
        }
    }

    /// <summary>How much of it is in the guest already.</summary>
    private async Task<long> ThereAsync(FilePut put, CancellationToken cancel)
    {
        if (inPlace && progress.Moved == 0) return 0;
        try
        {
            var part = inPlace ? put.Path : FilePut.PartOf(put.Path, put.Sha256);
            var digest = await client.GetFileDigestAsync(to.Vm!, part, put.Bytes, cancel).ConfigureAwait(false);
            return digest.Bytes <= put.Bytes && digest.Sha256 == await LocalSum.OfAsync(from, digest.Bytes, cancel)
                .ConfigureAwait(false) ? digest.Bytes : 0;
        }
        catch (ApiException e) when (e.Code == ProblemCodes.NotFound && e.Problem.Agent is null)
        {
            return 0;
        }
    }
}
