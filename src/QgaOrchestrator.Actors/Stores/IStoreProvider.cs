namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// A place that stores can live in, as <c>Store.Provider</c> names it. A provider has a folder of its own and one line in
/// the registry (<c>StoreProviders</c>); nothing else knows its name.
/// </summary>
public interface IStoreProvider
{
    /// <summary>As in the config.</summary>
    string Name { get; }

    /// <summary>Its directories of files that only the node may read, by name in the node's data directory.</summary>
    IReadOnlyList<string> Directories { get; }

    /// <summary>Reads and checks the provider's own keys of the section Store.</summary>
    StoreOptions Read(IStoreKeys keys);

    /// <summary>Makes the stores. Nothing is opened yet: a store opens at its first use.</summary>
    /// <param name="options">What <see cref="Read"/> returned.</param>
    /// <param name="dataDirectory">The node's own directory, for what stays on this host.</param>
    NodeStores Create(StoreOptions options, string dataDirectory, TimeProvider time);
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

    /// <summary>Refuses the config because of this key.</summary>
    void Refuse(string name, string why);
}
