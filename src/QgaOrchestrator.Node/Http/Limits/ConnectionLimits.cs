using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>What a connection may cost: a place in the <see cref="ConnectionBook"/>, and time.</summary>
public static class ConnectionLimits
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    public static void SetLimits(this KestrelServerOptions kestrel)
    {
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MaxRequestBodySize = BodyLimits.None;
        // Slower than this for 5 s, a body is refused (408), and a reader dropped; of events see SlowReaders.
        kestrel.Limits.MinRequestBodyDataRate = new(240, TimeSpan.FromSeconds(5));
        kestrel.Limits.MinResponseDataRate = new(240, TimeSpan.FromSeconds(5));
    }

    /// <summary>Each connection has a place in the book, or is dropped.</summary>
    public static void Count(this ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        var book = listen.ApplicationServices.GetRequiredService<ConnectionBook>();
        listen.Use(next => async connection =>
        {
            if (book.Arrive(connection.Abort) is not { } place)
            {
                connection.Abort();
                return;
            }
            connection.Features.Set(place);
            try
            {
                await next(connection);
            }
            finally
            {
                book.Leave(place);
            }
        });
    }

    /// <summary>Outside of everything else: while a request is under way its connection is not idle.</summary>
    public static void UseConnectionBook(this WebApplication app)
    {
        var book = app.Services.GetRequiredService<ConnectionBook>();
        var sweep = app.Services.GetRequiredService<TimeProvider>().CreateTimer(_ => book.Sweep(), null, SweepEvery, SweepEvery);
        app.Lifetime.ApplicationStopped.Register(sweep.Dispose);
        app.Use(async (context, next) =>
        {
            if (context.Features.Get<ConnectionBook.Connection>() is not { } place)
            {
                await next(context);
                return;
            }
            book.Begin(place);
            try
            {
                await next(context);
            }
            finally
            {
                book.End(place, known: BearerToken.CallerOf(context) is not null);
            }
        });
    }
}
