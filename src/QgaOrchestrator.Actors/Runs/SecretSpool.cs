using System.Text.Json;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// Secret values of runs that have not ended, apart from journal and views: a file a run (0600) in a directory of its own (0700),
/// written before the run begins and removed at its end. So a run goes on with them after a crash, and no backup of a journal,
/// no view and no answer holds one.
/// </summary>
public sealed class SecretSpool(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>On disk when this returns.</summary>
    /// <exception cref="IOException">It cannot be written: the run must not begin.</exception>
    public void Keep(string run, RunSecrets secrets)
    {
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        var fresh = PathOf(run) + ".new";
        File.Delete(fresh);
        using (
            var file = new FileStream(
                fresh,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            )
        )
        {
            JsonSerializer.Serialize(file, secrets, RunJson.Default.RunSecrets);
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, PathOf(run), overwrite: true);
    }

    /// <returns>Null: there are none here, or none any more.</returns>
    public RunSecrets? Read(string run)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(run)), RunJson.Default.RunSecrets);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The run has ended, or has not begun.</summary>
    public void Forget(string run)
    {
        try
        {
            if (Directory.Exists(directory)) File.Delete(PathOf(run));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start looks again.
        }
    }

    /// <summary>Runs that something is kept for.</summary>
    public IReadOnlyList<string> Runs() =>
        Directory.Exists(directory)
            ? [.. Directory.EnumerateFiles(directory).Select(file => Path.GetFileNameWithoutExtension(file)!).Distinct()]
            : [];

    private string PathOf(string run) => Path.Combine(directory, run + ".json");
}
