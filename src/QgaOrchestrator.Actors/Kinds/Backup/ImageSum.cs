using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>An image as it was written: length in bytes, SHA-256 in lower-case hexadecimal.</summary>
internal sealed record ImageSum(long Bytes, string Sha256)
{
    /// <summary>Blocks its thread: it is called on the bounded scheduler of slow file work, which is to stay the bound.</summary>
    /// <exception cref="CutException">The image cannot be read.</exception>
    public static ImageSum Of(string path, CancellationToken cancel)
    {
        try
        {
            using var image = HeldDirectory.OpenFile(path) ?? throw new FileNotFoundException("it is not there");
            return new ImageSum(image.Length, ImageHash.Sha256Async(image, null, cancel).GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"the image {path} cannot be read: {e.Message}", "Give the node's user read access to the target");
        }
    }
}
