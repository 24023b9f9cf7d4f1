namespace QgaOrchestrator.Node.Options;

/// <summary>A key's value and where it was set: <c>node.json:12</c>, <c>--Node:Host</c> or <c>QGA__Node__Host</c>.</summary>
/// <param name="Text">Null where the file says null.</param>
public sealed record OptionValue(string Key, string? Text, string Origin);

/// <summary>Options come from the file, the environment and the command line; a later one of these wins.</summary>
public static class OptionSource
{
    private const string Prefix = "QGA__";

    public static IEnumerable<OptionValue> FromEnvironment(IReadOnlyDictionary<string, string> environment) =>
        environment
            .Where(e => e.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(e => new OptionValue(e.Key[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), e.Value, e.Key));

    public static IEnumerable<OptionValue> FromArguments(IEnumerable<string> arguments, List<string> errors)
    {
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (argument.StartsWith("--", StringComparison.Ordinal) && equals > 2)
                yield return new(argument[2..equals], argument[(equals + 1)..], argument[..equals]);
            else
                errors.Add($"{argument}: not understood; options are --Section:Key=value; see qgad --help");
        }
    }
}
