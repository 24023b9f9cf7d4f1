using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using QgaOrchestrator.Node.Logging;

namespace QgaOrchestrator.Node.Tests.Logging;

public sealed class LineLoggingTests
{
    [Fact]
    public async Task A_log_that_nobody_reads_loses_lines_and_holds_up_no_thread()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddLineLogging();
        await using var services = builder.Services.BuildServiceProvider();
        var console = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;
        Assert.Equal(ConsoleLoggerQueueFullMode.DropWrite, console.QueueFullMode);
    }
}
