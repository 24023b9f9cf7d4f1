using System.CommandLine;
using System.Globalization;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>Options that hold a duration, hh:mm:ss[.fff].</summary>
internal static class Durations
{
    public static TimeSpan? Parse(string? text) => text is null ? null : TimeSpan.Parse(text, CultureInfo.InvariantCulture);

    public static Option<string> Option(string name, string help)
    {
        var option = new Option<string>(name) { Description = help, HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            try
            {
                if (result.Tokens is [var token])
                    RunOption.Duration(token.Value);
            }
            catch (FormatException e)
            {
                result.AddError($"{name}: {e.Message}.");
            }
        });
        return option;
    }
}
