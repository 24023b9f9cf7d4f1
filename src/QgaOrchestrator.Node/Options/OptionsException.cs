namespace QgaOrchestrator.Node.Options;

/// <summary>The options cannot be used. Each error names the key and where it was set.</summary>
public sealed class OptionsException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<string> Errors { get; } = errors;
}
