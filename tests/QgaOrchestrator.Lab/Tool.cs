using System.Diagnostics;

namespace QgaOrchestrator.Lab;

/// <summary>A program run to its end: its exit code and what it printed.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Error);

public static class Tool
{
    /// <summary>Runs a program to its end; an exit code other than 0 is the caller's to judge.</summary>
    public static Task<ToolResult> RunAsync(string program, params IEnumerable<string> arguments) =>
        RunAsync(program, arguments, input: "");

    /// <summary>The same, given something to read.</summary>
    public static async Task<ToolResult> RunAsync(string program, IEnumerable<string> arguments, string input)
    {
        using var process = Start(program, arguments);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    /// <exception cref="LabException">It ended with another code than 0; the message holds its errors.</exception>
    public static async Task<string> MustAsync(string program, params IEnumerable<string> arguments)
    {
        var result = await RunAsync(program, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new LabException($"{program} ended with {result.ExitCode}: {result.Error.Trim()} {result.Output.Trim()}");
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        return Process.Start(start)!;
    }

    /// <summary>Where a program is; the sbin folders are looked at even if the user's path lacks them.</summary>
    public static string Find(string program) =>
        Which(program) ?? throw new LabException(
            $"{program} is not installed: deploy/demo/prerequisites.sh installs what is missing");

    public static string? Which(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
