using Microsoft.AspNetCore.Http.Features;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Node.Peers;

namespace QgaOrchestrator.Node.Http.Forwarding;

/// <summary>Any node answers for the fleet: what belongs to another host is answered by that host's node.</summary>
internal static class ForwardingExtensions
{
    /// <summary>A node alone forwards nothing.</summary>
    public static IServiceCollection AddForwarding(this IServiceCollection services, QgadOptions options)
    {
        if (options.Cluster.Seeds.Count > 0) services.AddSingleton<Forwarder>();
        return services
            .AddSingleton(provider => new RunForwarding(
                provider.GetRequiredService<IOrchestrator>(), options, provider.GetService<Forwarder>()))
            .AddSingleton(provider => new ResultsElsewhere(
                provider.GetRequiredService<IOrchestrator>(), options, provider.GetService<Forwarder>()));
    }

    /// <summary>After token and role were checked; what is forwarded is audited by the node that does it.</summary>
    public static void UseForwarding(this WebApplication app)
    {
        if (app.Services.GetService<Forwarder>() is not { } forwarder) return;
        var own = app.Services.GetRequiredService<QgadOptions>().Node.Host;
        app.Use(async (context, next) =>
        {
            // What another node sends here is answered here, so that no request goes in a circle.
            if (
                context.Features.Get<PeerConnection>() is not null
                || context.GetEndpoint()?.Metadata.GetMetadata<RequestPlace>() is not { } mark
                || await mark.FindAsync(context) is not { } place
                || place.Host == own
            )
            {
                await next(context);
                return;
            }
            await forwarder.ForwardAsync(context, place.Host, TargetOf(context, place));
        });
    }

    /// <summary>Another node has answered, and audited it.</summary>
    public static bool IsForwarded(HttpContext context) => context.Response.Headers.ContainsKey(Forwarder.AnsweredBy);

    private static string TargetOf(HttpContext context, Place place)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (place.Segment is not { } segment) return target;
        // "", "v1", "vms", the VM, and the rest.
        var parts = target.Split('/', 5);
        var query = parts.Length == 4 ? parts[3].IndexOf('?', StringComparison.Ordinal) : -1;
        parts[3] = query < 0 ? segment : segment + parts[3][query..];
        return string.Join('/', parts);
    }
}
