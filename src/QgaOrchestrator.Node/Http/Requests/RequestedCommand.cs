namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>The agent command that a request's path names.</summary>
public static class RequestedCommand
{
    private const string Thaw = "guest-fsfreeze-thaw";

    /// <summary>Null where the route takes no command.</summary>
    public static string? Of(HttpContext context) => context.GetRouteValue("command") as string;

    /// <summary>A thaw waits for nothing, and nothing limits it.</summary>
    public static bool IsThaw(HttpContext context) => Of(context) == Thaw;
}
