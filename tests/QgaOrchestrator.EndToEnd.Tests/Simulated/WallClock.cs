using System.Globalization;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A wall clock that can be stepped, for processes with its <see cref="Environment"/>: libfaketime. Monotonic time goes
/// on as it does.</summary>
internal sealed class WallClock
{
    private readonly string _file;
    private readonly string _library;

    /// <summary>Skips the test, with the reason, where there is no libfaketime; in CI it fails.</summary>
    public WallClock(string file)
    {
        const string Missing = "libfaketime is not installed (Debian: faketime)";
        var found = Directory.GetDirectories("/usr/lib", "*-linux-gnu")
            .Select(lib => Path.Combine(lib, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);
        Assert.False(found is null && System.Environment.GetEnvironmentVariable("CI") == "true", Missing);
        Skip.If(found is null, Missing);
        (_file, _library) = (file, found);
        Step(TimeSpan.Zero);
    }

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = _library,
        ["FAKETIME_TIMESTAMP_FILE"] = _file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        // Or it takes the time-out of a wait for a wall clock's: each wait ends at once, and every timer spins.
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
    };

    /// <summary>From now on it is wrong by so much.</summary>
    public void Step(TimeSpan offset)
    {
        var next = _file + ".next";
        File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{offset.TotalSeconds:+0;-0}\n"));
        File.Move(next, _file, overwrite: true);
    }
}
