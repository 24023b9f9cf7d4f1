using System.Text;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>A directory of NAME.pem (0600), each a certificate.</summary>
public sealed class FileRecipients(string directory) : IRecipients
{
    private const string Suffix = ".pem";

    private readonly Lock _writing = new();

    public Task<IReadOnlyList<StoredRecipient>> ReadAsync() => Try<IReadOnlyList<StoredRecipient>>(() =>
    {
        lock (_writing)
        {
            if (!Directory.Exists(directory)) return [];
            Check(directory);
            return [.. Directory.EnumerateFiles(directory, "*" + Suffix).Order(StringComparer.Ordinal).Select(Read)];
        }
    });

    public Task<bool> AddAsync(StoredRecipient recipient) => Try(() =>
    {
        lock (_writing)
        {
            using var held = HeldDirectory.MakeOwn(directory);
            if (File.Exists(PathOf(recipient.Name))) return false;
            held.Replace(recipient.Name + Suffix, Encoding.UTF8.GetBytes(recipient.Certificate), OwnFiles.File);
            return true;
        }
    });

    public Task<bool> RemoveAsync(string name) => Try(() =>
    {
        lock (_writing)
        {
            if (!File.Exists(PathOf(name))) return false;
            using var held = HeldDirectory.Open(directory);
            held.Delete(name + Suffix);
            // A recipient that was removed does not come back with a loss of power.
            held.Sync();
            return true;
        }
    });

    private static StoredRecipient Read(string file)
    {
        Check(file);
        return new(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file));
    }

    private static void Check(string path)
    {
        if (OwnFiles.Fault(path) is { } fault)
            throw new StoreException(fault, "Who can write to it could add a recipient of passwords");
    }

    private string PathOf(string name) => Path.Combine(directory, name + Suffix);

    private Task<T> Try<T>(Func<T> work)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromException<T>(new StoreException(
                $"{directory}: {e.Message.TrimEnd('.')}",
                "Let the node's user write to it, and make room on its file system",
                e));
        }
        catch (StoreException e)
        {
            return Task.FromException<T>(e);
        }
    }
}
