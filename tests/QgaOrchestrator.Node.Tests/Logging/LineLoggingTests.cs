using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using QgaOrchestrator.Node.Logging;

namespace QgaOrchestrator.Node.Tests.Logging;

[Collection(nameof(OwnConsole))]
public sealed class LineLoggingTests
{
    [Fact]
    public async Task An_unread_log_loses_lines_and_blocks_no_thread()
    {
        await using var services = Services();
        var console = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;
        Assert.Equal(ConsoleLoggerQueueFullMode.DropWrite, console.QueueFullMode);
        Assert.Single(services.GetServices<ILoggerProvider>());
    }

    [Fact]
    public async Task Text_of_a_guest_is_one_line_of_the_log_and_moves_no_cursor()
    {
        var said = $"db1: a\u001b[2J\r\n2026-01-01T00:00:00.000Z crit: forged\u202e\u2028{new string('x', 1 << 20)}";
        var log = await LoggedAsync("A.B", logger =>
            logger.Log(LogLevel.Warning, 7, said, new InvalidOperationException(said), (state, _) => state));

        Assert.EndsWith("\n", log, StringComparison.Ordinal);
        Assert.DoesNotContain(log[..^1], c => char.IsControl(c) || c is '\u202e' or '\u2028');
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn: B\[0\] db1: a\uFFFD\[2J \\ 2026", log);
        Assert.Contains(" | System.InvalidOperationException: db1: a", log, StringComparison.Ordinal);
        Assert.InRange(log.Length, 1000, 40_000);
    }

    [Fact]
    public async Task Requests_and_the_actor_systems_internals_are_not_in_the_log_unless_they_warn()
    {
        Assert.Empty(await LoggedAsync("Microsoft.AspNetCore.Hosting", logger => Say(logger, LogLevel.Information, "GET")));
        Assert.NotEmpty(await LoggedAsync("Akka.Remote", logger => Say(logger, LogLevel.Warning, "gone")));
    }

    [Theory]
    [InlineData(LogLevel.Trace, LogLevel.Trace, LogLevel.Trace)]
    [InlineData(LogLevel.Debug, LogLevel.Debug, LogLevel.Debug)]
    [InlineData(LogLevel.Information, LogLevel.Information, LogLevel.Warning)]
    [InlineData(LogLevel.Warning, LogLevel.Warning, LogLevel.Warning)]
    [InlineData(LogLevel.Error, LogLevel.Error, LogLevel.Error)]
    public async Task The_log_begins_at_the_level_that_is_asked_for(LogLevel least, LogLevel ours, LogLevel foreign)
    {
        foreach (var (category, first) in new[] { ("QgaOrchestrator.X", ours), ("Microsoft.X", foreign), ("Akka.X", foreign) })
        {
            if (first > LogLevel.Trace) Assert.Empty(await LoggedAsync(category, logger => Say(logger, first - 1, "less"), least));
            Assert.NotEmpty(await LoggedAsync(category, logger => Say(logger, first, "enough"), least));
        }
    }

    private static void Say(ILogger logger, LogLevel level, string text) =>
        logger.Log(level, 0, text, null, (state, _) => state);

    private static async Task<string> LoggedAsync(
        string category, Action<ILogger> log, LogLevel least = LogLevel.Information)
    {
        using var written = new StringWriter();
        var console = Console.Out;
        await using (var services = Services(least))
        {
            Console.SetOut(written); // the logger keeps the console that it finds when it is made
            try
            {
                log(services.GetRequiredService<ILoggerFactory>().CreateLogger(category));
            }
            finally
            {
                Console.SetOut(console);
            }
        }
        return written.ToString();
    }

    private static ServiceProvider Services(LogLevel least = LogLevel.Information)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddLineLogging(least);
        return builder.Services.BuildServiceProvider();
    }
}

/// <summary>Tests that look at the console of the process: others write there, too, and so wait.</summary>
[CollectionDefinition(nameof(OwnConsole), DisableParallelization = true)]
public sealed class OwnConsole;
