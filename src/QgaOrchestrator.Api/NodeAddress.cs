namespace QgaOrchestrator.Api;

/// <summary>How to reach a running node from its own host: the file <c>api.json</c> (mode 0644) that it leaves beside its
/// ledger. The token itself stays in its own file (mode 0600).</summary>
/// <param name="Api">Base address.</param>
/// <param name="TokenFile">Absolute path of the admin token's file.</param>
public sealed record NodeAddress(string Api, string TokenFile)
{
    public const string FileName = "api.json";
}
