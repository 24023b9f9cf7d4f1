using System.Globalization;

namespace QgaOrchestrator.Node.Options;

/// <summary>Durations as the contract writes them: hh:mm:ss with up to three decimals.</summary>
public static class Durations
{
    private static readonly string[] Formats =
        [@"hh\:mm\:ss", @"hh\:mm\:ss\.f", @"hh\:mm\:ss\.ff", @"hh\:mm\:ss\.fff"];

    public static bool TryParse(string text, out TimeSpan duration) =>
        TimeSpan.TryParseExact(text, Formats, CultureInfo.InvariantCulture, out duration);
}
