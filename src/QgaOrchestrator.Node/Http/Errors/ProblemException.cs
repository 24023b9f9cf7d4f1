using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Http.Errors;

/// <summary>Ends a request with this problem.</summary>
public sealed class ProblemException(Problem problem) : Exception(problem.Title)
{
    public Problem Problem { get; } = problem;
}
