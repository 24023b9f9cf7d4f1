namespace QgaOrchestrator.Lab;

/// <summary>A core of a program at its very end, when it has done its work and has freed nothing yet.</summary>
public static class LastMoment
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="file">Gets what a core would hold.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>How the program ended.</returns>
    public static async Task<ToolResult> DumpAsync(string file, string program, IEnumerable<string> arguments, string input)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "last-moment");
        var ended = await Tool.RunAsync("python3", [script, file, program, .. arguments], input);
        return File.Exists(file) ? ended : throw new LabException($"{program} left no core: {ended}");
    }
}
