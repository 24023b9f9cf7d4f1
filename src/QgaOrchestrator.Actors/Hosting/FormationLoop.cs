using System.Text;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Core.Membership;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Brings this node into its cluster: asks the seeds, asks the rules, does what they say.</summary>
internal sealed partial class FormationLoop(
    ClusterFormation formation,
    NodeState node,
    NodeEnd end,
    IPeers peers,
    QgadOptions options,
    TimeProvider time,
    ILogger<FormationLoop> log
) : BackgroundService
{
    /// <summary>In the data directory of a node that has been a member of a cluster.</summary>
    public const string MarkFile = "cluster.member";

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500), Answer = TimeSpan.FromSeconds(1);

    private string? _said;

    public static bool IsFresh(string dataDirectory) => !File.Exists(Path.Combine(dataDirectory, MarkFile));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var cluster = await node.Joining.WaitAsync(stoppingToken);
            cluster.RegisterOnMemberRemoved(() =>
                end.Begin(1, "the cluster has removed it. When it is started again it joins as a new member"));
            cluster.System.ActorOf(Akka.Actor.Props.Create(() => new QuarantineWatch(end)), "quarantine");
            using var timer = new PeriodicTimer(Every, time);
            do
            {
                await PerformAsync(cluster, formation.Step(await RoundAsync(cluster, stoppingToken)), stoppingToken);
                node.WaitsFor = formation.State.WaitsFor;
                if (formation.State.Phase is not FormationPhase.Ending && node.WaitsFor != _said) Say(_said = node.WaitsFor);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Failed(e);
            end.Begin(1, $"its way into the cluster has failed: {e.Message}");
        }
    }

    private async Task<FormationInput.Round> RoundAsync(Cluster cluster, CancellationToken stop)
    {
        var status = cluster.SelfMember.Status;
        if (status == MemberStatus.Down)
            end.Begin(1, "the cluster has downed it. When it is started again it joins as a new member");
        var isMember = status is not (MemberStatus.Removed or MemberStatus.Down);
        var members = isMember ? MemberNames.All(cluster) : [];
        // A member learns all that it needs from the cluster, but for whether it still is one, when it was stopped or cut off.
        string[] asked = isMember && !formation.MayBeStale && members.All(member => member.IsReachable)
            ? []
            : [.. formation.State.ToAsk];
        var answers = await Task.WhenAll(asked.Select(address => AskAsync(limit => peers.AskStateAsync(address, limit), stop)));
        return new(
            asked.Zip(answers, KeyValuePair.Create).Where(pair => pair.Value is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Value!),
            isMember, members);
    }

    private async Task PerformAsync(Cluster cluster, FormationEffect? effect, CancellationToken stop)
    {
        switch (effect)
        {
            case FormationEffect.AskVotes ask:
                var at = formation.Now;
                var given = await Task.WhenAll(ask.Of.Select(address => AskAsync(
                    limit => peers.AskVoteAsync(address, formation.State.Self.Address, formation.State.Self.Incarnation, limit),
                    stop)));
                string[] votes = [.. ask.Of.Zip(given, KeyValuePair.Create).Where(pair => pair.Value).Select(pair => pair.Key)];
                await PerformAsync(cluster, formation.Step(new FormationInput.Votes(votes, at)), stop);
                break;
            case FormationEffect.Found:
                Mark();
                Founds(formation.State.Self.Incarnation);
                cluster.Join(cluster.SelfAddress);
                break;
            case FormationEffect.Join join:
                Mark();
                var members = string.Join(", ", join.Members);
                Joins(members);
                cluster.JoinSeedNodes(join.Members.Select(member => MemberNames.Parse(member, cluster.SelfAddress)));
                break;
            case FormationEffect.End ending:
                end.Begin(ending.ExitCode, ending.Why);
                break;
        }
    }

    private async Task<T?> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Answer, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return default;
        }
    }

    /// <summary>Written before the node is a member: see <see cref="PeerState.IsFresh"/>.</summary>
    private void Mark()
    {
        var file = Path.Combine(options.Node.DataDirectory, MarkFile);
        if (!File.Exists(file))
            HeldDirectory.ReplaceFile(file, Encoding.UTF8.GetBytes("This node has been a member of a cluster.\n"), OwnFiles.File);
    }

    private void Say(string? waits)
    {
        if (waits is null) IsMember();
        else Waits(waits);
    }

    /// <summary>The others have given this node up, which it learns when it sends them something.</summary>
    private sealed class QuarantineWatch : ReceiveActor
    {
        public QuarantineWatch(NodeEnd end)
        {
            Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
            Receive<ThisActorSystemQuarantinedEvent>(event_ => end.Begin(1,
                $"{MemberNames.Of(event_.RemoteAddress)} has removed it from the cluster. When it is started again it joins as a "
                    + "new member"));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Cluster: this node {WaitsFor}")]
    private partial void Waits(string waitsFor);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cluster: this node is a member")]
    private partial void IsMember();

    [LoggerMessage(Level = LogLevel.Information, Message = "Cluster: no seed knows one, so this node begins cluster {Id}")]
    private partial void Founds(string id);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cluster: this node joins {Members}")]
    private partial void Joins(string members);

    [LoggerMessage(Level = LogLevel.Error, Message = "The way into the cluster has failed")]
    private partial void Failed(Exception error);
}
