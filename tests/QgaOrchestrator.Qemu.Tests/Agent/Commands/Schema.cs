namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>
/// qga-schema.txt, with its names resolved: of each command a line for each member, as in
/// <c>returns [].disk[].*serial: str</c>.
/// </summary>
internal sealed class Schema
{
    private readonly Dictionary<string, List<string>> _structs = [];
    private readonly Dictionary<string, string[]> _enums = [];
    private readonly Dictionary<string, string[]> _alternates = [];
    private readonly List<SchemaCommand> _commands = [];

    private Schema(IEnumerable<string> lines)
    {
        List<string> members = [];
        foreach (var line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == ' ')
            {
                members.Add(line.Trim());
                continue;
            }
            var words = line.Split(' ');
            members = [];
            switch (words[0])
            {
                case "command":
                    _commands.Add(
                        new(words[1], Version.Parse(words[2]), words.Contains("frozen"), !words.Contains("unanswered"), members));
                    break;
                case "struct":
                    _structs.Add(words[1], members);
                    break;
                case "enum":
                    _enums.Add(words[1], words[2..]);
                    break;
                case "alternate":
                    _alternates.Add(words[1], words[2..]);
                    break;
                default:
                    throw new InvalidDataException(line);
            }
        }
    }

    public static Schema Read() =>
        new(File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Agent", "Commands", "qga-schema.txt")));

    public IReadOnlyList<SchemaCommand> Commands => _commands;

    public IEnumerable<string> Words => _enums.Values.SelectMany(words => words).Distinct();

    /// <summary>Arguments and what is returned, in the order of their text.</summary>
    public IReadOnlyList<string> Members(SchemaCommand command)
    {
        List<string> lines = [];
        foreach (var line in command.Lines)
        {
            if (line.StartsWith("returns ", StringComparison.Ordinal))
                Expand("returns ", line["returns ".Length..], command.Since, lines);
            else
                Member("takes ", line, command.Since, lines);
        }
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private void Member(string path, string line, Version since, List<string> lines)
    {
        var (name, type) = (
            line[..line.LastIndexOf(": ", StringComparison.Ordinal)],
            line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]
        );
        var optional = name[0] == '*';
        name = name.TrimStart('*');
        if (name.Split(" @") is [var older, var added])
            (name, optional) = (older, optional || Version.Parse(added) > since);
        if (name.Split(' ') is [_, var ofOneType])
            (name, optional) = (ofOneType, true);
        Expand($"{path}{(optional ? "*" : "")}{name}", type, since, lines);
    }

    private void Expand(string path, string type, Version since, List<string> lines)
    {
        if (type[0] == '[')
            Expand(path + "[]", type[1..^1], since, lines);
        else if (_structs.TryGetValue(type, out var members))
            foreach (var member in members) Member(path + ".", member, since, lines);
        else
            lines.Add($"{path}: {Scalar(type)}");
    }

    private string Scalar(string type) =>
        _enums.TryGetValue(type, out var words) ? string.Join(' ', words.Order(StringComparer.Ordinal))
        : _alternates.TryGetValue(type, out var choices) ? string.Join(" or ", choices.Select(Scalar))
        : type;
}

/// <param name="Lines">Its members and what it returns, as they are written there.</param>
internal sealed record SchemaCommand(string Name, Version Since, bool WhileFrozen, bool Answered, IReadOnlyList<string> Lines)
{
    public override string ToString() => Name;
}
