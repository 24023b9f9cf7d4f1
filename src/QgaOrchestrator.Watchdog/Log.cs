using System.Globalization;

namespace QgaOrchestrator.Watchdog;

/// <summary>Lines with their time, UTC. A reader that is gone never stops a thaw.</summary>
internal sealed class Log(TextWriter writer, TimeProvider time)
{
    private readonly Lock _gate = new();

    internal static Log Silent { get; } = new(TextWriter.Null, TimeProvider.System);

    internal void Line(string text)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {text}");
        try
        {
            lock (_gate)
                writer.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody reads us any more.
        }
    }
}
