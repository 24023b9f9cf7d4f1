using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>
/// The escrow of a cluster, with each password that this host adds also in a file here: synced before the database has it, so
/// before a guest is sent it, and kept until the database has had it settled for an hour. A database that has lost its last
/// transactions - it failed over to a standby that was behind, or an older copy was put back - is given back what it lost.
/// </summary>
/// <param name="shared">The database's.</param>
/// <param name="directory">Holds a file for each account.</param>
public sealed class HostKeptEscrow(IEscrow shared, string directory, TimeProvider time) : IEscrow
{
    /// <summary>A database's last transactions may be lost for so long.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(10), AfterFailure = TimeSpan.FromSeconds(5);

    private readonly Lock _files = new();

    /// <summary>The latest number in the file of each account that was changed here; 0: it has none.</summary>
    private readonly ConcurrentDictionary<AccountId, int> _latest = new();

    public Task<Account?> FindAsync(AccountId id) => shared.FindAsync(id);

    public Task<IReadOnlyList<Account>> OfVmAsync(string vm) => shared.OfVmAsync(vm);

    public Task<IReadOnlyList<Account>> ListAsync(AccountId? after, int limit) => shared.ListAsync(after, limit);

    public Task<IReadOnlyList<Account>> WithFingerprintAsync(string fingerprint) => shared.WithFingerprintAsync(fingerprint);

    public Task<IReadOnlyList<Account>> CheckedOutAsync() => shared.CheckedOutAsync();

    public async Task<Account?> ChangeAsync(AccountId id, Func<Account?, Account?> change, SealedGeneration? added = null)
    {
        while (true)
        {
            var latest = _latest.GetOrAdd(id, _ => Latest(Read(FileOf(id))));
            var isBehind = false;
            var changed = await shared.ChangeAsync(id, kept =>
            {
                isBehind = (kept?.Latest ?? 0) < latest;
                if (isBehind) return null;
                var after = change(kept);
                if (added is not null && kept?.Find(added.Number) is null && after?.Find(added.Number) is { } generation)
                    Keep(after, generation, added);
                return after;
            }, added);
            if (!isBehind) return changed;
            await GiveBackAsync(FileOf(id));
            // Somebody may have taken the file away.
            _latest.TryRemove(id, out _);
        }
    }

    public Task<byte[]?> SealedAsync(AccountId id, int generation) => shared.SealedAsync(id, generation);

    public Task<bool> ResealAsync(AccountId id, int generation, ReadOnlyMemory<byte> was, ReadOnlyMemory<byte> now) =>
        shared.ResealAsync(id, generation, was, now);

    public ValueTask DisposeAsync() => shared.DisposeAsync();

    /// <summary>Sweeps for as long as the node runs.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var pause = BetweenSweeps;
            try
            {
                await SweepAsync(stop);
            }
            catch (StoreException)
            {
                pause = AfterFailure;
            }
            await Task.Delay(pause, time, stop);
        }
    }

    /// <summary>Gives back what the database has lost, and removes what it has had settled for an hour.</summary>
    /// <exception cref="StoreException">The database does not answer, or the directory cannot be read or written.</exception>
    public async Task SweepAsync(CancellationToken stop)
    {
        if (!Directory.Exists(directory)) return;
        foreach (var file in Try(() => Directory.GetFiles(directory, "*.json")).Select(Path.GetFileName))
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                if (await GiveBackAsync(file!) is { } account) Remove(file!, account);
            }
            catch (StoreException e) when (e.InnerException is JsonException)
            {
                // Whoever sets the account's next password is told.
            }
        }
    }

    /// <returns>What the database has now; null: there is no such file.</returns>
    private async Task<Account?> GiveBackAsync(string file)
    {
        if (Read(file) is not { } kept) return null;
        var account = await shared.FindAsync(kept.Id);
        foreach (var (lost, text) in kept.Generations.Where(one => one.Of.Number > (account?.Latest ?? 0)))
            account = await shared.ChangeAsync(
                kept.Id,
                now => AccountRules.GiveBack(now ?? new(kept.Id, kept.Name), lost),
                new SealedGeneration(lost.Number, text));
        return account;
    }

    private void Keep(Account account, Generation generation, SealedGeneration text)
    {
        lock (_files)
        {
            var kept = Read(FileOf(account.Id)) ?? new(account.Id, account.Name, []);
            // One that was kept and did not come into the database was never sent.
            Write(kept with
            {
                Generations = kept.Generations.RemoveAll(one => one.Of.Number >= generation.Number)
                    .Add(new(generation, text.Bytes.ToArray())),
            });
        }
        _latest[account.Id] = generation.Number;
    }

    private void Remove(string file, Account account)
    {
        lock (_files)
        {
            if (Read(file) is not { } kept) return;
            var left = kept.Generations.RemoveAll(one => IsSettled(one.Of, account));
            if (left.Count == kept.Generations.Count) return;
            if (left.Count > 0) Write(kept with { Generations = left });
            else
            {
                Try(() =>
                {
                    File.Delete(Path.Combine(directory, file));
                    return true;
                });
                _latest[kept.Id] = 0;
            }
        }
    }

    /// <summary>Another password with its number, or one that may be in force, is not.</summary>
    private bool IsSettled(Generation kept, Account account) => account.Find(kept.Number) is { } found
        ? found.Made == kept.Made && !found.IsOpen && (found.Verified ?? found.Ended) < time.GetUtcNow() - Grace
        : kept.Number <= account.Latest;

    private static int Latest(KeptAccount? kept) => kept?.Generations.LastOrDefault()?.Of.Number ?? 0;

    /// <summary>A name that is a file's, whatever the account's is.</summary>
    private static string FileOf(AccountId id) =>
        $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{id.Vm}\n{id.User}")))[..32]}.json";

    private KeptAccount? Read(string file) => Try(() =>
    {
        using var held = HeldDirectory.TryOpen(directory);
        return held?.ReadOwn(file) is { } bytes ? JsonSerializer.Deserialize(bytes, KeptAccountJson.Default.KeptAccount) : null;
    });

    private void Write(KeptAccount kept) => Try(() =>
    {
        using var held = HeldDirectory.MakeOwn(directory);
        held.Replace(
            FileOf(kept.Id), JsonSerializer.SerializeToUtf8Bytes(kept, KeptAccountJson.Default.KeptAccount), OwnFiles.File);
        return true;
    });

    private T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"{directory}: {e.Message.TrimEnd('.')}", "Let the node's user write to it, and make room on its file system", e);
        }
        catch (JsonException e)
        {
            throw new StoreException(
                $"{directory}: a file cannot be read: {e.Message.TrimEnd('.')}",
                "Move it away and keep it: its sealed text, in base64, opens with a recipient's key",
                e);
        }
    }
}

/// <summary>A file's content, a stored format.</summary>
/// <param name="Name">As <see cref="Account.Name"/>.</param>
/// <param name="Generations">By number, as they were added: at least one.</param>
internal sealed record KeptAccount(AccountId Id, string Name, ImmutableList<KeptGeneration> Generations);

/// <param name="Sealed">CMS, DER.</param>
internal sealed record KeptGeneration(Generation Of, byte[] Sealed);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptAccount))]
internal sealed partial class KeptAccountJson : JsonSerializerContext;
