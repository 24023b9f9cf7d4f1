using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <summary>What a script says by the environment, to make a long run of a test or a measurement.</summary>
public static class Setting
{
    /// <exception cref="FormatException">It is no number.</exception>
    public static int Of(string name, int otherwise) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : otherwise;
}
