using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Watchdog;

/// <summary>What the command line says.</summary>
/// <param name="Ledger">Absolute path of the ledger's directory.</param>
/// <param name="Stays">Under a config file (a systemd unit) it stays; one started by a node ends after it.</param>
/// <param name="LogFile">Where output goes; null: as it was.</param>
internal sealed record WatchdogOptions(string Ledger, bool Stays, string? LogFile)
{
    internal const string Usage = """
        qga-watchdog thaws the guests that the freeze ledger names when their node ends or hangs.

        usage: qga-watchdog --config FILE               runs until SIGTERM or Ctrl-C; FILE is the node's config
               qga-watchdog --Freeze:Ledger=DIRECTORY   ends 60 s after the last node has left, when no guest is frozen
               qga-watchdog --help | --version
          --log FILE                                    writes its log to FILE, not to standard error
        """;

    /// <exception cref="FormatException">An argument is unknown, or says too little.</exception>
    internal static WatchdogOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        string? config = null, log = null;
        List<string> overrides = [];
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = arguments[i].Split('=', 2) is [var before, var after] ? (before, after) : (arguments[i], null);
            if (!name.StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"'{name}' is no argument");
            value ??= ++i < arguments.Count ? arguments[i] : throw new FormatException($"{name} needs a value");
            if (name == "--config")
                config = value;
            else if (name == "--log")
                log = value;
            else if (name.Contains(':', StringComparison.Ordinal))
                overrides.Add($"{name}={value}");
            else
                throw new FormatException($"{name} is unknown");
        }
        var path = LedgerPath.Load(config, overrides, environment);
        if (config is null && !overrides.Exists(o => o.StartsWith("--Freeze:Ledger=", StringComparison.OrdinalIgnoreCase)))
            throw new FormatException("which ledger?");
        return new WatchdogOptions(config is null ? Path.GetFullPath(path.Preferred) : path.Resolve(), config is not null, log);
    }
}
