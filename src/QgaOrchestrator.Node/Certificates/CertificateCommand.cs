using System.Globalization;
using System.Net;
using QgaOrchestrator.Actors.Membership;

namespace QgaOrchestrator.Node.Certificates;

/// <summary><c>qgad certificates init|issue</c>: what a cluster's nodes prove themselves with.</summary>
public static class CertificateCommand
{
    public const string Name = "certificates";

    private const int DaysOfAuthority = 3650, DaysOfNode = 825, MostDays = 36500;

    private const string Usage = """
        usage: qgad certificates init --to DIR [--days N]
               qgad certificates issue HOST[,NAME...] --ca DIR --to DIR [--days N]
        """;

    /// <param name="arguments">Behind the command's name.</param>
    /// <param name="directory">What relative paths are relative to.</param>
    /// <returns>The exit code: 0 made, 2 not.</returns>
    public static int Run(
        IReadOnlyList<string> arguments, string directory, DateTimeOffset now, TextWriter output, TextWriter error)
    {
        try
        {
            var (verb, host, options) = Parse(arguments);
            switch (verb, host)
            {
                case ("init", null):
                    Init(Folder(options, "--to", directory), Days(options, DaysOfAuthority), now, output);
                    return 0;
                case ("issue", { } names):
                    Issue(
                        Names(names), Folder(options, "--ca", directory), Folder(options, "--to", directory),
                        Days(options, DaysOfNode), now, output);
                    return 0;
                default:
                    throw new FormatException(verb == "issue" ? "the name of the host is missing" : "init or issue is expected");
            }
        }
        catch (FormatException e)
        {
            error.WriteLine($"qgad: certificates: {e.Message}");
            error.WriteLine(Usage);
        }
        catch (CertificateException e)
        {
            error.WriteLine($"qgad: {e.Message}");
        }
        return 2;
    }

    private static void Init(string to, TimeSpan lifetime, DateTimeOffset now, TextWriter output)
    {
        CertificateIssuer.MakeAuthority(to, now, lifetime);
        output.WriteLine(
            $"Made {NodeCertificates.AuthorityFile} and {CertificateIssuer.AuthorityKeyFile} in {to}, until {now + lifetime:u}. "
                + $"Who has {CertificateIssuer.AuthorityKeyFile} can add nodes to the cluster: keep it off the hosts.");
    }

    private static void Issue(
        string[] names, string authority, string to, TimeSpan lifetime, DateTimeOffset now, TextWriter output)
    {
        var end = CertificateIssuer.Issue(names, authority, to, now, lifetime);
        output.WriteLine(
            $"Made {to}/{NodeCertificates.CertificateFile} and {to}/{NodeCertificates.KeyFile} for {string.Join(", ", names)}, "
                + $"until {end:u}. Copy the folder to that host, and name it as Cluster.Certificates.");
    }

    private static (string? Verb, string? Host, Dictionary<string, string> Options) Parse(IReadOnlyList<string> arguments)
    {
        var words = new List<string>();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = arguments[i].Split('=', 2) is [var left, var right] ? (left, right) : (arguments[i], null);
            if (name is "--to" or "--ca" or "--days")
                options[name] = value
                    ?? (++i < arguments.Count ? arguments[i] : throw new FormatException($"the value of {name} is missing"));
            else if (name.StartsWith('-')) throw new FormatException($"{name} is not understood");
            else words.Add(arguments[i]);
        }
        if (words.Count > 2) throw new FormatException($"{words[2]} is not understood");
        if (words is ["init", ..] && options.ContainsKey("--ca")) throw new FormatException("init makes a CA and takes no --ca");
        return (words.ElementAtOrDefault(0), words.ElementAtOrDefault(1), options);
    }

    private static string Folder(Dictionary<string, string> options, string name, string directory) =>
        options.GetValueOrDefault(name) is { Length: > 0 } path
            ? Path.GetFullPath(path, directory)
            : throw new FormatException($"{name} DIR is missing");

    private static TimeSpan Days(Dictionary<string, string> options, int fallback)
    {
        if (!options.TryGetValue("--days", out var text)) return TimeSpan.FromDays(fallback);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= MostDays
            ? TimeSpan.FromDays(days)
            : throw new FormatException($"--days: \"{text}\" is not a number from 1 to {MostDays}");
    }

    private static string[] Names(string text)
    {
        var names = text.Split(',');
        return Array.Find(names, name => !IsName(name)) is { } odd
            ? throw new FormatException($"\"{odd}\" is neither a host's name nor an address")
            : names;
    }

    private static bool IsName(string text) =>
        IPAddress.TryParse(text, out _) || Uri.CheckHostName(text) == UriHostNameType.Dns;
}
