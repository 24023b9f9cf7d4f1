namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// A place that stores can live in, as <c>Store.Provider</c> names it. A provider has a folder of its own and one line in
/// the registry (<c>StoreProviders</c>); nothing else knows its name.
/// </summary>
public interface IStoreProvider
{
    /// <summary>As in the config.</summary>
    string Name { get; }

    /// <summary>All nodes of a cluster have the same runs, catalog, tokens and escrow in it.</summary>
    bool IsShared { get; }

    /// <summary>Its directories of files that only the node may read, by name in the node's data directory.</summary>
    IReadOnlyList<string> Directories { get; }

    /// <summary>Reads and checks the provider's own keys of the section Store.</summary>
    StoreOptions Read(IStoreKeys keys);

    /// <summary>Makes the stores. Nothing is opened yet: a store opens at its first use.</summary>
    /// <param name="options">What <see cref="Read"/> returned.</param>
    /// <param name="dataDirectory">The node's own directory, for what stays on this host.</param>
    NodeStores Create(StoreOptions options, string dataDirectory, TimeProvider time);

    /// <summary>Copies what a single node kept in the files of its data directory: runs that have ended or are paused, the
    /// catalog, tokens and escrow. What was copied before is left as it is, and so are the files.</summary>
    /// <param name="options">What <see cref="Read"/> returned.</param>
    /// <param name="data">No node uses it meanwhile.</param>
    /// <param name="tell">Is told how far it is, a line at a time.</param>
    /// <exception cref="StoreException">This provider takes nothing over, a run is under way, or a store cannot be
    /// used.</exception>
    Task<TakenOver> TakeOverAsync(StoreOptions options, string data, TimeProvider time, Action<string> tell);
}

/// <summary>How many were copied just now.</summary>
public sealed record TakenOver(int Runs, int Points, int Tokens, int Accounts)
{
    public bool IsNothing => this is { Runs: 0, Points: 0, Tokens: 0, Accounts: 0 };
}

/// <summary>A provider's own options.</summary>
public abstract record StoreOptions
{
    // Options may hold a password.
    public sealed override string ToString() => GetType().Name;
}

/// <summary>The keys of the config's section Store. A key that no provider reads is refused as unknown.</summary>
public interface IStoreKeys
{
    /// <summary>Null where the key is not set.</summary>
    string? Text(string name);

    /// <summary>A file's full path, which the config names relative to its own directory; null: not set.</summary>
    string? FullPath(string name);

    /// <summary>hh:mm:ss; <paramref name="fallback"/> where the key is not set or wrong.</summary>
    TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most);

    /// <summary>Refuses the config because of this key.</summary>
    void Refuse(string name, string why);
}
