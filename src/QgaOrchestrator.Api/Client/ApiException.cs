using System.Net;

namespace QgaOrchestrator.Api.Client;

/// <summary>The node answered with an error.</summary>
public sealed class ApiException(HttpStatusCode status, Problem problem) : Exception(problem.Detail ?? problem.Title)
{
    public HttpStatusCode Status { get; } = status;

    public Problem Problem { get; } = problem;

    /// <summary>One of <see cref="ProblemCodes"/>, or a newer one.</summary>
    public string Code => Problem.Code;

    /// <summary>What the caller can do, where the node says so.</summary>
    public string? Remedy => Problem.Remedy;
}

/// <summary>The node was not reached, or the connection broke before it answered: whether a POST was done is not known.</summary>
public sealed class NodeUnreachableException(Uri api, string reason, Exception? inner = null)
    : Exception($"No answer from the node at {api.GetLeftPart(UriPartial.Authority)}: {reason}", inner)
{
    public string Remedy { get; } = "See that qgad runs there (systemctl status qgad), and check --api or --config.";
}
