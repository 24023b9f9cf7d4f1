using System.Text;

namespace QgaOrchestrator.Lab.Tests;

public sealed class LastMomentTests
{
    [Fact]
    public async Task What_a_program_has_in_memory_at_its_end_is_in_its_core_and_it_ends_as_ever()
    {
        var (text, file) = (Guid.NewGuid().ToString(), Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        try
        {
            var ended = await LastMoment.DumpAsync(file, Tool.Find("bash"), ["-c", "read -r line; echo $line; exit 3"], text + "\n");
            Assert.Equal((3, text + "\n", ""), (ended.ExitCode, ended.Output, ended.Error));
            Assert.NotEmpty(new Needles([Encoding.UTF8.GetBytes(text)]).In(await File.ReadAllBytesAsync(file)));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
