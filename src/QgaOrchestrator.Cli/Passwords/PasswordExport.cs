using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary>Accounts with their sealed texts, in a file: what <c>password show --offline</c> reads. Its members are a stored
/// format.</summary>
internal sealed record PasswordExport(int Version, DateTimeOffset At, IReadOnlyList<EscrowedAccount> Accounts)
{
    public const int CurrentVersion = 1;

    /// <summary>The file holds this, or what it held before.</summary>
    public void Write(string file) => HeldDirectory.ReplaceFile(
        file, JsonSerializer.SerializeToUtf8Bytes(this, PasswordJson.Default.PasswordExport), OwnFiles.File);

    /// <exception cref="UsageException">It is no export.</exception>
    public static PasswordExport Read(string file)
    {
        try
        {
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(file), PasswordJson.Default.PasswordExport);
            return read is { Version: CurrentVersion, Accounts: not null }
                ? read
                : throw new UsageException(
                    $"{file} is of version {read?.Version}.", "Use the qgactl that wrote it, or a newer one.");
        }
        catch (JsonException)
        {
            throw new UsageException($"{file} is no export of passwords.", "qgactl password export FILE writes one.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no file {file}.", "qgactl password export FILE writes one.");
        }
    }

    /// <exception cref="CommandFailedException">It has none, or several.</exception>
    public EscrowedAccount Find(string vm, string user)
    {
        var found = Accounts
            .Where(one => one.User == user && (one.Vm == vm || $"{one.Host}/{one.Vm}" == vm
                || string.Equals(one.Uuid, vm, StringComparison.OrdinalIgnoreCase)))
            .ToList();
        return found switch
        {
            [var one] => one,
            [] => throw new CommandFailedException(
                $"The export has no password of {user} in {vm}.",
                $"It has {Accounts.Count} accounts, of {Output.Text.Time(At)}. Name the VM as host/name or by its UUID."),
            _ => throw new CommandFailedException(
                $"{vm} is the name of several VMs in the export.",
                $"Name one of them: {string.Join(", ", found.Select(one => one.Uuid ?? $"{one.Host}/{one.Vm}"))}"),
        };
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PasswordExport))]
internal sealed partial class PasswordJson : JsonSerializerContext;
