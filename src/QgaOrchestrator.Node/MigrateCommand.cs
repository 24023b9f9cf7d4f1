using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node;

/// <summary><c>qgad migrate</c>: copies what a single node kept in its data directory to the store that a config names.</summary>
internal static class MigrateCommand
{
    public const string Name = "migrate";

    private const string From = "--from";

    /// <returns>The exit code: 0 all is there, 2 something cannot be used, 1 any other failure.</returns>
    public static async Task<int> RunAsync(
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        string machine,
        string directory,
        TextWriter output,
        TextWriter error)
    {
        var at = Array.IndexOf(arguments, From);
        if (at < 0 || at + 1 == arguments.Length)
        {
            error.WriteLine("qgad: migrate needs --from DATA, the data directory of the node whose runs are to be moved");
            return 2;
        }
        var data = Path.GetFullPath(arguments[at + 1], directory);
        var (options, errors) = OptionsLoader.Read(
            [.. arguments[..at], .. arguments[(at + 2)..]], environment, machine, directory);
        foreach (var fault in errors) error.WriteLine($"qgad: {fault}");
        if (errors.Count > 0) return 2;
        try
        {
            using var held = DataDirectory.HoldOther(data);
            var moved = await StoreProviders.Find(options.Store.Provider).TakeOverAsync(
                options.Store.Own, data, TimeProvider.System, line => error.WriteLine($"qgad: {line}"));
            output.WriteLine(
                moved.IsNothing
                    ? $"Nothing was copied: all that {data} holds is there already."
                    : $"Copied {moved.Runs} runs, {moved.Points} points, {moved.Tokens} tokens and {moved.Accounts} accounts. "
                        + $"{data} is as it was.");
            return 0;
        }
        catch (Exception e) when (e is StoreException or DataDirectoryException)
        {
            error.WriteLine($"qgad: {e.Message}");
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"qgad: {e.Message}");
            return 1;
        }
    }
}
