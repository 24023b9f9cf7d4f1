namespace QgaOrchestrator.Cli;

/// <summary>What qgactl ends with. To detach from a run is to be done: the run goes on.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    /// <summary>The node, the guest or a file refused; a run failed or was aborted.</summary>
    public const int Failed = 1;
    /// <summary>The command line, the config, or the request is wrong (HTTP 400).</summary>
    public const int Usage = 2;
    /// <summary>A run ended within its failure budget; some of several things were done.</summary>
    public const int Partial = 3;
    /// <summary>The node does not answer, or says that the VM does not (HTTP 503).</summary>
    public const int Unreachable = 4;
    /// <summary>vm exec: an error that is not the guest's process's own code.</summary>
    public const int NotTheGuests = 125;
}
