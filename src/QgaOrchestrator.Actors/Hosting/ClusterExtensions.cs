using System.Globalization;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Akka.Hosting;
using Akka.Remote.Transport.DotNetty;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Remoting, membership and sharding of the actor system.</summary>
public static class ClusterExtensions
{
    public const string SystemName = MemberNames.System;

    /// <summary>DotNetty takes memory by chunks of 8 KiB times two to the power of this: by 512 KiB instead of 16 MiB, of which a
    /// node without traffic would keep one or two for good. It reads its settings from the environment alone.</summary>
    static ClusterExtensions() => Environment.SetEnvironmentVariable("io.netty.allocator.maxOrder", "6");

    public static AkkaConfigurationBuilder AddCluster(
        this AkkaConfigurationBuilder builder,
        string host,
        ClusterSection cluster,
        PeerTrust? trust
    ) =>
        builder
            .AddTls(trust)
            .AddHocon(Configuration(host, cluster), HoconAddMode.Prepend)
            .AddHocon(ClusterSharding.DefaultConfig(), HoconAddMode.Append)
            .AddHocon(DistributedData.DefaultConfig(), HoconAddMode.Append)
            .AddHocon(ClusterSingleton.DefaultConfig(), HoconAddMode.Append);

    /// <summary>Names of our HOCON dispatchers.</summary>
    public static class Dispatchers
    {
        /// <summary>A thread of its own for the host's actor: heartbeats, leases and thaws wait for nobody.</summary>
        public const string Host = "qga.host-dispatcher";
    }

    // 1.2 is the best that this transport speaks. Both ends show a certificate, and each is checked as over HTTPS.
    private static AkkaConfigurationBuilder AddTls(this AkkaConfigurationBuilder builder, PeerTrust? trust) => trust is null
        ? builder
        : builder
            .AddSetup(new DotNettySslSetup(
                trust.Own, suppressValidation: false, requireMutualAuthentication: true, validateCertificateHostname: false,
                (certificate, _, peer, errors, _) => trust.Accepts(certificate, errors, $"Akka at {peer}")))
            .AddHocon("akka.remote.dot-netty.tcp.enable-ssl = on", HoconAddMode.Prepend);

    private static string Roles(string host, ClusterSection cluster) =>
        cluster.Seeds.Contains($"{cluster.Hostname}:{cluster.Port.ToString(CultureInfo.InvariantCulture)}")
            ? $"\"{HostRoles.Of(host)}\", \"{MemberNames.SeedRole}\""
            : $"\"{HostRoles.Of(host)}\"";

    // A node alone has nobody to agree with, so everything that waits for others is short; the intervals are the default
    // ones as soon as there are seeds.
    private static Config Configuration(string host, ClusterSection cluster) => ConfigurationFactory.ParseString($$"""
        akka {
          actor.provider = cluster
          scheduler.implementation = "{{typeof(TicklessScheduler).AssemblyQualifiedName}}"
          # Half of it is how often each link to another node looks whether an acknowledgment is due; behind 2 s it is sent again.
          remote.system-message-ack-piggyback-timeout = 1s
          remote.dot-netty.tcp {
            hostname = "{{cluster.Hostname}}"
            port = {{cluster.Port.ToString(CultureInfo.InvariantCulture)}}
          }
          coordinated-shutdown.phases {
            cluster-sharding-shutdown-region.timeout = 4s
            cluster-exiting.timeout = 3s
          }
          cluster {
            roles = [{{Roles(host, cluster)}}]
            run-coordinated-shutdown-when-down = {{(cluster.Seeds.Count == 0 ? "on" : "off")}}
            down-removal-margin = 1s
            retry-unsuccessful-join-after = 1s
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver {
              active-strategy = keep-majority
              keep-majority.role = "{{(cluster.Seeds.Count == 0 ? "" : MemberNames.SeedRole)}}"
              stable-after = 7s
              down-all-when-unstable = off
            }
            failure-detector.acceptable-heartbeat-pause = 5s
            sharding {
              state-store-mode = ddata
              remember-entities-store = eventsourced
              distributed-data {
                durable.keys = []
                # A few shards' places: written to a majority at once, told to the rest now and then; nobody subscribes.
                gossip-interval = 5s
                notify-subscribers-interval = 5s
              }
              retry-interval = {{(cluster.Seeds.Count == 0 ? "1s" : "2s")}}
            }
          }
        }
        {{Dispatchers.Host}} {
          type = Dispatcher
          executor = "{{typeof(OwnThread).AssemblyQualifiedName}}"
        }
        """);
}
