using System.Globalization;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Cores that root takes of a process by gdb; our programs let the kernel write none.</summary>
internal static class CoreDumps
{
    public static bool AreThere => Tool.Which("gdb") is not null;

    /// <summary>Of a process that goes on.</summary>
    public static Task<string> OfAsync(int process, string file) => GdbAsync(
        file, "-p", process.ToString(CultureInfo.InvariantCulture), "-ex", $"gcore {file}", "-ex", "detach");

    /// <summary>Of a program at its very end, when it has done its work and freed nothing yet.</summary>
    /// <param name="input">Its standard input, a file.</param>
    /// <param name="output">Gets what it writes.</param>
    public static Task<string> AtExitAsync(
        string program, IEnumerable<string> arguments, string input, string output, string file) => GdbAsync(
        file,
        [
            "-ex", "handle all nostop noprint pass", "-ex", "catch syscall exit_group", "-ex",
            $"run {string.Join(' ', arguments.Select(word => $"'{word}'"))} <{input} >{output} 2>&1", "-ex", $"gcore {file}",
            "-ex", "kill", program,
        ]);

    private static async Task<string> GdbAsync(string file, params IEnumerable<string> words)
    {
        var told = await Tool.RunAsync(
            "gdb",
            [
                "-q", "-batch", "-nx", "-iex", "set debuginfod enabled off", "-iex", "set auto-solib-add off", "-iex",
                "set confirm off", .. words,
            ]);
        return File.Exists(file) ? file : throw new LabException($"gdb made no core: {told.Output} {told.Error}");
    }
}
