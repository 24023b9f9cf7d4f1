using System.Globalization;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>How busy this host is.</summary>
internal static class ProcessorLoad
{
    /// <summary>Processes that run or wait for a processor, averaged over a minute (proc(5), /proc/loadavg); 0 where that cannot
    /// be read.</summary>
    public static double Now()
    {
        try
        {
            var text = File.ReadAllText("/proc/loadavg");
            return double.TryParse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture, out var load) ? load : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
