using System.Globalization;

namespace QgaOrchestrator.Simulator;

/// <summary>What the executable was asked for.</summary>
internal sealed record CommandLine(string Directory, int Vms, FleetOptions Options, string? Report)
{
    /// <exception cref="FormatException">An unknown option or a bad value, named.</exception>
    public static CommandLine Parse(string[] args)
    {
        var line = new CommandLine("", 200, new FleetOptions { CopyTime = TimeSpan.FromMilliseconds(500) }, null);
        for (var i = 0; i < args.Length; i += 2)
        {
            var name = args[i];
            if (i + 1 == args.Length) throw new FormatException($"{name} needs a value");
            var value = args[i + 1];
            line = name switch
            {
                "--dir" => line with { Directory = Path.GetFullPath(value) },
                "--vms" => line with { Vms = Number(name, value) },
                "--report" => line with { Report = value },
                "--disks" => line with { Options = line.Options with { Disks = Number(name, value) } },
                "--seed" => line with { Options = line.Options with { Seed = Number(name, value) } },
                "--mute" => line with { Options = line.Options with { Mute = Part(name, value) } },
                "--hang-freeze" => line with { Options = line.Options with { HangFreeze = Part(name, value) } },
                "--hang-freeze-for" => line with { Options = line.Options with { HangFreezeFor = Time(name, value) } },
                "--latency" => line with { Options = line.Options with { Latency = Time(name, value) } },
                "--freeze-latency" => line with { Options = line.Options with { FreezeLatency = Time(name, value) } },
                "--copy-ms" => line with { Options = line.Options with { CopyTime = Time(name, value) } },
                _ => throw new FormatException($"unknown option {name}"),
            };
        }
        return line.Directory.Length > 0 ? line : throw new FormatException("--dir is missing");
    }

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw new FormatException($"{name} {value}: not a number");

    private static double Part(string name, string value) =>
        double.TryParse(value.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent <= 100 ? percent / 100 : throw new FormatException($"{name} {value}: not a percentage");

    // 5ms, 2s, or a bare number of milliseconds.
    private static TimeSpan Time(string name, string value)
    {
        var (digits, unit) = value switch
        {
            _ when value.EndsWith("ms", StringComparison.Ordinal) => (value[..^2], 1.0),
            _ when value.EndsWith('s') => (value[..^1], 1000.0),
            _ => (value, 1.0),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
            ? TimeSpan.FromMilliseconds(time * unit) : throw new FormatException($"{name} {value}: not a duration");
    }
}
