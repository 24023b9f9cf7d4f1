using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Qemu.Cut.Methods;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>
/// deploy/docs/reference.md lists each route with its role, query and body, each kind of run with all of its options, and each
/// cut method; and none besides. What a route does is the page's own words.
/// </summary>
public sealed partial class ReferenceTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private static readonly string Page =
        File.ReadAllText(Path.Combine(Root(AppContext.BaseDirectory), "deploy", "docs", "reference.md"));

    [Fact]
    public void The_reference_lists_each_route_with_its_role_its_query_and_its_body()
    {
        var written = Part("routes", "http: written from its routes, but for what each does");
        var does = Row().Matches(written).ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value.Trim());
        var text = new StringBuilder("| route | role | query | body | does |\n|---|---|---|---|---|\n");
        foreach (var (name, route) in Routes())
            text.Append($"| `{name}` | {RoleOf(route)} | {Names(StrictInput.QueryOf(route))} | {BodyOf(route)} | ")
                .Append($"{does.GetValueOrDefault(name)} |\n");
        AssertIs(written, text.ToString(), "http");
        Assert.All(does.Values, words => Assert.NotEmpty(words));
    }

    [Fact]
    public void The_reference_lists_each_kind_of_run_with_its_options_and_each_cut_method()
    {
        var text = new StringBuilder("| kind | does | without `select` | columns | files of a result |\n|---|---|---|---|---|\n");
        foreach (var kind in RunKinds.Known.All)
            text.Append($"| `{kind.Name}` | {Cell(kind.Help)} | {(kind.NeedsSelector ? "refused" : "every VM")} | ")
                .Append($"{Names(kind.ItemColumns.Concat(kind.ResultColumns).Select(column => column.Name))} | ")
                .Append($"{Names(kind.ResultFiles.Select(file => file.Name))} |\n");
        text.Append("\n| option | of | value | default | means | values are shown to |\n|---|---|---|---|---|---|\n");
        var options = RunKinds.Known.All.SelectMany(kind => kind.AllOptions.Select(option => (Option: option, Kind: kind)));
        foreach (var same in options.GroupBy(of => of.Option))
            text.Append($"| `{same.Key.Name}` | {Of([.. same.Select(of => of.Kind)])} | `{Cell(same.Key.Value)}` | ")
                .Append($"{same.Key.Default} | {Cell(same.Key.Help)} | {ShownTo(same.Key)} |\n");
        text.Append("\n| method | does | its own options |\n|---|---|---|\n");
        foreach (var method in CutMethods.All)
            text.Append(
                $"| `{method.Name}` | {Cell(method.Summary)} | {Names(method.Options.Select(option => option.Name))} |\n");
        AssertIs(Part("runs", "runs: written from the registries of kinds and methods"), text.ToString(), "runs");
    }

    private IEnumerable<(string Name, RouteEndpoint Route)> Routes() => node.Routes
        .SelectMany(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
            .Select(method => (Name: $"{method} {Constraint().Replace(route.RoutePattern.RawText!, "}")}", Route: route)))
        .OrderBy(of => of.Name.Split(' ')[1], StringComparer.Ordinal).ThenBy(of => of.Name, StringComparer.Ordinal);

    private static string RoleOf(RouteEndpoint route) => BearerToken.IsOpen(route)
        ? "open"
        : route.Metadata.GetMetadata<RouteNeeds>()!.Description;

    private static string BodyOf(RouteEndpoint route) => route.Metadata.GetMetadata<RouteBody>() switch
    {
        null => "",
        var body when body == RouteBody.Bytes => "bytes",
        { Members: null } => "JSON",
        { Members: var members } => Names(members),
    };

    private static string Of(RunKind[] kinds) =>
        kinds.Length == RunKinds.Known.All.Count ? "all" : Names(kinds.Select(kind => kind.Name));

    private static string ShownTo(OptionInfo option) =>
        option.IsSecret ? "nobody" : option.IsForOperators ? "operators" : "all";

    private static string Names(IEnumerable<string> names) => string.Join(' ', names.Select(name => $"`{name}`"));

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>What stands between two comments.</summary>
    private static string Part(string name, string comment)
    {
        var (begin, end) = ($"<!-- {comment} -->\n", $"<!-- end of {name} -->");
        var from = Page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return Page[from..Page.IndexOf(end, StringComparison.Ordinal)];
    }

    private static void AssertIs(string written, string expected, string name)
    {
        var copy = Path.Combine(AppContext.BaseDirectory, $"{name}-reference.md");
        if (written != expected) File.WriteAllText(copy, expected);
        Assert.True(written == expected, $"deploy/docs/reference.md differs from the code. What it should hold is in {copy}.");
    }

    private static string Root(string directory) => File.Exists(Path.Combine(directory, "QgaOrchestrator.sln"))
        ? directory
        : Root(Path.GetDirectoryName(directory)!);

    [GeneratedRegex(@"^\| `(\S+ \S+)` \|[^|]*\|[^|]*\|[^|]*\|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();
}
