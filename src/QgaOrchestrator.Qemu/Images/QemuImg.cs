using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Qemu.Images;

/// <summary>
/// qemu-img, as verify and restore use it. Paths are made absolute, so that none is taken for a protocol or an option.
/// </summary>
public sealed partial class QemuImg(string executable = "qemu-img")
{
    /// <exception cref="ImageException">Not an image, or not readable.</exception>
    public async Task<ImageInfo> InfoAsync(string image, string format, CancellationToken cancel)
    {
        var said =
            await RequireAsync(["info", "--output=json", "-f", format, Path.GetFullPath(image)], cancel).ConfigureAwait(false);
        return JsonSerializer.Deserialize(said, ImageJson.Default.ImageInfo)
            ?? throw new ImageException($"qemu-img info says nothing about {image}");
    }

    /// <summary>Checks a qcow2 image's own structure; clusters that are allocated but unused do no harm.</summary>
    /// <exception cref="ImageException">It is damaged, or could not be checked.</exception>
    public async Task CheckAsync(string image, CancellationToken cancel)
    {
        const int clean = 0, leaks = 3;
        var said = new StringBuilder();
        var (exit, error) = await ToolProcess
            .RunAsync(executable, ["check", "-f", "qcow2", Path.GetFullPath(image)], piece => said.Append(piece), cancel)
            .ConfigureAwait(false);
        if (exit is not (clean or leaks))
            throw new ImageException(
                $"{image} is damaged (qemu-img check {exit}): {(error.Length > 0 ? error : said.ToString().Trim())}");
    }

    /// <summary>An empty qcow2 image.</summary>
    /// <param name="size">What a guest sees of it, in bytes.</param>
    /// <param name="preallocation">As in falloc; null: none.</param>
    /// <exception cref="ImageException">It could not be made.</exception>
    public async Task CreateAsync(string image, long size, string? preallocation, CancellationToken cancel) =>
        await RequireAsync(
            [
                "create", "-q", "-f", "qcow2",
                .. preallocation is null ? Array.Empty<string>() : ["-o", $"preallocation={preallocation}"],
                Path.GetFullPath(image), size.ToString(CultureInfo.InvariantCulture),
            ],
            cancel).ConfigureAwait(false);

    /// <summary>
    /// Writes a whole qcow2 image to a new one. It is written under another name beside it and gets its own only when it
    /// is complete; what exists is never replaced.
    /// </summary>
    /// <param name="format">qcow2 or raw.</param>
    /// <param name="progress">Percent.</param>
    /// <exception cref="ImageException">The image is not whole, the new one exists, or qemu-img failed.</exception>
    public async Task RestoreAsync(string image, string to, string format, Action<double>? progress, CancellationToken cancel)
    {
        (image, to) = (Path.GetFullPath(image), Path.GetFullPath(to));
        if (File.Exists(to)) throw new ImageException($"{to} exists: restore writes new images only");
        // A header may name any file of this host: only what is in the image itself is restored from it.
        if (!(await InfoAsync(image, "qcow2", cancel).ConfigureAwait(false)).IsWhole)
            throw new ImageException($"{image} is not whole: its header names another file");
        // A name that nobody can guess, and made by us: qemu-img would follow a link that lies in wait for it.
        var part = $"{to}.{Path.GetRandomFileName()}.part";
        try
        {
            new FileStream(part, FileMode.CreateNew, FileAccess.Write).Dispose();
            // The default cache of convert never flushes; this one does at its end.
            await RequireAsync(
                ["convert", "-p", "-t", "writeback", "-f", "qcow2", "-O", format, image, part], cancel, Percent(progress))
                .ConfigureAwait(false);
            File.Move(part, to, overwrite: false);
        }
        catch (IOException error)
        {
            throw new ImageException($"{to} could not be made: {error.Message}", error);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private async Task<string> RequireAsync(
        IReadOnlyList<string> arguments, CancellationToken cancel, Action<ReadOnlyMemory<char>>? output = null)
    {
        var said = new StringBuilder();
        var (exit, error) = await ToolProcess.RunAsync(
            executable, arguments, output ?? (piece => said.Append(piece)), cancel).ConfigureAwait(false);
        return exit == 0 ? said.ToString() : throw new ImageException($"qemu-img {arguments[0]} failed ({exit}): {error}");
    }

    private static Action<ReadOnlyMemory<char>> Percent(Action<double>? progress) => piece =>
    {
        if (progress is null) return;
        if (Progress().Matches(piece.ToString()) is not [.., var last]) return;
        progress(double.Parse(last.Groups[1].Value, CultureInfo.InvariantCulture));
    };

    [GeneratedRegex(@"\((\d+\.\d+)/100%\)", RegexOptions.CultureInvariant)]
    private static partial Regex Progress();
}
