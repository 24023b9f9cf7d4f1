using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http.Errors;

/// <summary>Every way a request can fail, with its status: nothing else decides them.</summary>
public static class ErrorMapping
{
    /// <summary>What the caller learns of an exception: of an internal failure, no detail.</summary>
    public static Problem From(Exception error) => error switch
    {
        ProblemException e => e.Problem,
        GuestCallException e => From(e),
        GuestFaultException e => From(e),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problems.TooLarge(null),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Problems.TooSlow,
        BadHttpRequestException e => new("Bad request", e.StatusCode, ProblemCodes.BadRequest, e.Message, "Correct the request."),
        NoClusterException e => Problems.NoCluster(e.Message),
        Akka.Actor.AskTimeoutException => Problems.StoreBusy,
        StoreException e => new(
            "Store unavailable", StatusCodes.Status503ServiceUnavailable, ProblemCodes.StoreUnavailable, $"{e.Reason}.",
            $"{e.Remedy}."),
        _ => new(
            "Internal error", StatusCodes.Status500InternalServerError, ProblemCodes.Internal,
            "The node failed to answer.", "See the node's log for the reason."),
    };

    /// <summary>An error that the agent returned, or would return.</summary>
    public static Problem From(CallReply.AgentFailed failed) => new(
        "The agent answered with an error", StatusCodes.Status422UnprocessableEntity, ProblemCodes.AgentError, failed.Description,
        $"{failed.WhatToDo()}.")
    {
        Agent = new(failed.Class, failed.Description),
    };

    /// <summary>The error that the agent would return, with a remedy.</summary>
    private static Problem Unknown(CallReply.Refused refused) =>
        From(new CallReply.AgentFailed("CommandNotFound", refused.Reason)) with
        {
            Title = "The agent does not know this command",
            Remedy = refused.Remedy,
        };

    /// <summary>A command failed that a guest's file or process needed.</summary>
    private static Problem From(GuestCallException e) => e.Reply switch
    {
        CallReply.AgentFailed failed when GuestFileOpen.IsNoSuchFile(new(failed.Class, failed.Description)) =>
            Problems.NotFound(
                $"The guest has no such file: {failed.Description}.", "Give the file's whole path in the guest."),
        CallReply.AgentFailed failed => From(failed),
        CallReply.Refused refused => From(refused),
        CallReply.Unknown unknown => From(unknown),
        var reply => throw new InvalidOperationException($"no problem for {reply.GetType().Name}"),
    };

    private static Problem From(GuestFaultException e)
    {
        var (title, status, code) = e.Kind switch
        {
            GuestFaultKind.NotAllowed =>
                ("The guest does not allow this", StatusCodes.Status409Conflict, ProblemCodes.CommandDisabled),
            GuestFaultKind.BadRequest => ("Bad request", StatusCodes.Status400BadRequest, ProblemCodes.BadRequest),
            GuestFaultKind.Differs => ("Another checksum", StatusCodes.Status409Conflict, ProblemCodes.ChecksumMismatch),
            GuestFaultKind.NotUnderstood =>
                ("The agent was not understood", StatusCodes.Status502BadGateway, ProblemCodes.NotUnderstood),
            GuestFaultKind.Failed =>
                ("A step in the guest failed", StatusCodes.Status422UnprocessableEntity, ProblemCodes.GuestFailed),
            _ => throw new InvalidOperationException($"no status for {e.Kind}"),
        };
        return new(title, status, code, e.Message, e.Remedy);
    }

    public static Problem From(CallReply.Unknown unknown) =>
        new(
            "The outcome is unknown",
            StatusCodes.Status504GatewayTimeout,
            ProblemCodes.UnknownOutcome,
            unknown.Reason,
            unknown.Remedy
        );

    public static Problem From(CallReply.Refused refused)
    {
        if (refused.Why == CallRefusal.UnknownCommand) return Unknown(refused);
        var (title, status, code) = refused.Why switch
        {
            CallRefusal.Denied => ("Forbidden", StatusCodes.Status403Forbidden, ProblemCodes.Forbidden),
            CallRefusal.Disabled =>
                ("The guest disabled this command", StatusCodes.Status409Conflict, ProblemCodes.CommandDisabled),
            CallRefusal.Frozen => ("The guest is frozen", StatusCodes.Status409Conflict, ProblemCodes.Frozen),
            CallRefusal.NotOurs => ("Frozen by somebody else", StatusCodes.Status409Conflict, ProblemCodes.NotOurs),
            CallRefusal.CannotWake => ("The guest could not be woken", StatusCodes.Status409Conflict, ProblemCodes.CannotWake),
            CallRefusal.NotSuspended => ("The guest is not suspended", StatusCodes.Status409Conflict, ProblemCodes.NotSuspended),
            CallRefusal.QueueFull => ("The queue is full", StatusCodes.Status429TooManyRequests, ProblemCodes.QueueFull),
            CallRefusal.Unreachable => ("Unreachable", StatusCodes.Status503ServiceUnavailable, ProblemCodes.Unreachable),
            CallRefusal.NoAgent =>
                ("There is no agent to be asked", StatusCodes.Status503ServiceUnavailable, ProblemCodes.Unreachable),
            CallRefusal.BadArguments => ("Bad request", StatusCodes.Status400BadRequest, ProblemCodes.BadRequest),
            _ => throw new InvalidOperationException($"no status for {refused.Why}"),
        };
        return new(title, status, code, refused.Reason, refused.Remedy);
    }
}
