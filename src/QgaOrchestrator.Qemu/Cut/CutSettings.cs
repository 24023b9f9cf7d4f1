namespace QgaOrchestrator.Qemu.Cut;

/// <summary>What the config says for one cut method. The method reads it and no one else.</summary>
public abstract record CutSettings;

/// <summary>The keys of the config's section Freeze, for a method's own. A key that no method reads is refused as
/// unknown.</summary>
public interface ICutKeys
{
    /// <summary>The names right below a key.</summary>
    IReadOnlyList<string> Names(string key);

    /// <summary>A list of texts; empty where it is not set.</summary>
    IReadOnlyList<string> Texts(string key);

    /// <summary>An absolute path; a relative one is below the config's directory.</summary>
    string FullPath(string path);

    /// <summary>Tells what is wrong with a key, a clause.</summary>
    void Fail(string key, string why);
}
