using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>Limits a connection: it takes a place in the <see cref="ConnectionBook"/>, and may not be too slow.</summary>
public static class ConnectionLimits
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    public static void SetLimits(this KestrelServerOptions kestrel)
    {
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MaxRequestBodySize = BodyLimits.None;
        // A body that is slower than this for 5 s is refused (408), and a slow reader dropped. For events see SlowReaders.
        kestrel.Limits.MinRequestBodyDataRate = new(240, TimeSpan.FromSeconds(5));
        kestrel.Limits.MinResponseDataRate = new(240, TimeSpan.FromSeconds(5));
    }

    /// <summary>Each connection takes a place in the book, or is dropped.</summary>
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

    /// <summary>Outermost: while a request is under way its connection is not idle.</summary>
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
