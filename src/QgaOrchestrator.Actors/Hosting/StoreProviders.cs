using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Postgres;
using QgaOrchestrator.Actors.Stores.Sqlite;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>The registry of store providers: one line each.</summary>
public static class StoreProviders
{
    public static IReadOnlyList<IStoreProvider> All { get; } =
    [
        new SqliteProvider(),
        new PostgresProvider(),
    ];

    /// <summary>The provider that a config without Store.Provider gets.</summary>
    public static IStoreProvider Default => All[0];

    /// <summary>Directories of files that only the node may read, by name in its data directory.</summary>
    public static IEnumerable<string> Directories => All.SelectMany(provider => provider.Directories);

    /// <summary>A provider that is not known is refused and never replaced by another.</summary>
    /// <exception cref="StoreException">This version has no such provider.</exception>
    public static IStoreProvider Find(string name) =>
        All.FirstOrDefault(provider => provider.Name == name)
        ?? throw new StoreException($"Store.Provider: {Unknown(name)}", "Correct it in the config");

    /// <summary>Why the name is refused.</summary>
    public static string Unknown(string name) =>
        $"\"{name}\" is not supported by this version; use {string.Join(" or ", All.Select(known => $"\"{known.Name}\""))}";
}
