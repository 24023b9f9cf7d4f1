using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;

namespace QgaOrchestrator.Node.Peers;

/// <summary>Marks a connection that another node has opened, at the listener for nodes.</summary>
internal sealed class PeerConnection;

/// <summary>The second listener, for nodes only: TLS 1.3 with a certificate on both ends, or plain HTTP where all is
/// loopback.</summary>
internal static class PeerListener
{
    private const byte TlsHandshake = 0x16;

    private static readonly TimeSpan LongestHandshake = TimeSpan.FromSeconds(5);

    public static void ListenForPeers(this KestrelServerOptions kestrel, ClusterSection cluster)
    {
        if (cluster.Seeds.Count == 0) return;
        foreach (var address in Addresses(cluster.Hostname))
            kestrel.Listen(address, cluster.ApiPort, listen =>
            {
                listen.Protocols = cluster.Tls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (cluster.Tls) listen.UseMutualTls();
                listen.Use(next => connection =>
                {
                    connection.Features.Set(new PeerConnection());
                    return next(connection);
                });
            });
    }

    private static IPAddress[] Addresses(string hostname) =>
        IPAddress.TryParse(hostname, out var address) ? [address] : Dns.GetHostAddresses(hostname);

    private static void UseMutualTls(this ListenOptions listen)
    {
        var trust = listen.ApplicationServices.GetRequiredService<PeerTrust>();
        var log = listen.ApplicationServices.GetRequiredService<RefusalLog>();
        listen.Use(next => async connection =>
        {
            if (await FirstByteAsync(connection) is not { } first) return;
            if (first == TlsHandshake) await next(connection);
            else log.Refused("plain", NameOf(connection), "it does not speak TLS");
        });
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = LongestHandshake,
            OnConnection = context =>
            {
                var peer = NameOf(context.Connection);
                return ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificate = trust.Own,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, _, errors) => trust.Accepts(shown, errors, peer),
                });
            },
        });
    }

    /// <summary>It stays unread. Null: the connection has ended without one, or none comes.</summary>
    private static async Task<byte?> FirstByteAsync(ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(LongestHandshake);
        var input = connection.Transport.Input;
        try
        {
            var read = await input.ReadAsync(limit.Token);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
            input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    private static string NameOf(ConnectionContext connection) => connection.RemoteEndPoint?.ToString() ?? "somebody";
}
