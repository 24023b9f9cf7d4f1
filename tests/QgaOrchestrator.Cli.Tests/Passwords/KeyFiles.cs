namespace QgaOrchestrator.Cli.Tests.Passwords;

/// <summary>A directory with keys, gone with the test.</summary>
internal sealed class KeyFiles : IDisposable
{
    public KeyFiles()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("qga-test-").FullName;
        (Ann, Bob) = (Write("ann.key", Escrowed.AnnInClear), Write("bob.key", Escrowed.BobInClear));
    }

    public string Directory { get; }

    public string Ann { get; }

    public string Bob { get; }

    public string In(string name) => Path.Combine(Directory, name);

    /// <summary>With the mode 0600.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        File.SetUnixFileMode(In(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return In(name);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
