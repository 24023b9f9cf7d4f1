using System.Runtime.Serialization;
using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Tests.Serialization;

public sealed class SerializerTests : IAsyncLifetime
{
    private static readonly VmId Vm = new("hv1", "db1");
    private static readonly DateTimeOffset At = new(2026, 11, 22, 23, 56, 47, TimeSpan.Zero);
    private static readonly RunOptions Options = new BackupOptions("full", "/srv/points", Consistency.Prefer, 5).In(
        new()
        {
            MaxParallel = 50,
            MaxFailures = CountOrPercent.All,
            MaxUnreachable = CountOrPercent.All,
        });

    private static readonly IWire[] Messages =
    [
        new StartRun("r1", "backup", "*", Options, [Vm])
        {
            Notes = [new TargetNote("shop", FreezeMode.Alone, new Dictionary<string, string> { ["app"] = "db" })],
            RetryOf = "r0",
            StartedBy = "ci",
        },
        new SteerRun("r1", RunSteering.AbortAndWait) { By = "ci" },
        new StartItem(Vm, "r1", 3, 2, "backup", Options, At, Resume: true)
        {
            Group = "shop", Freeze = FreezeMode.Never, BeginBy = new(Guid.NewGuid(), TimeSpan.FromSeconds(90)),
        },
        new AbortItem(Vm, "r1", 3, 2),
        new OrderMember(
            Vm,
            "r1",
            3,
            2,
            new(GroupStep.Void, Hold: true, new(1.5, true), new(3, 2, ItemState.Failed, "why", "what"))
        ),
        new MemberMoved(
            "r1",
            3,
            2,
            new(MemberPhase.Prepared, Slow: true, Covered: true, new(1.5, true), new(3, 2, ItemState.Failed, "why", "what"))
        ),
        new ItemMoved("r1", new(3, 2, "copy", At, 5, 9)),
        new ItemEnded(
            "r1",
            new(3, 2, ItemState.Failed, "why", "what")
            {
                Values = new BackupValues(1.5, new("p", "/d", "crash", 7)).ToOwn(),
                RefusedBy = ItemOutcome.Guest,
            }
        ),
        new ItemJournalled(Vm, "r1", 3, 2),
        new RunView(
            new("r1", "backup", "*", RunPhase.Running, "why", new() { Total = 1 }, At, At, "r0", Options)
            {
                WaveEnds = [1, 2], SoaksUntil = At, StartedBy = "ci",
            },
            [new(3, Vm, ItemState.Running, 2, "why", "what", At, At) { Group = "shop" }],
            [new(3, 2, "copy", At, 5, 9) { Note = "it waits" }]),
        new LocateRun("r1"),
        new RunLocated("r1", "hv1"),
        new FindUnsettled("r1", Vm),
        new UnsettledAttempts([new(3, 2)]),
        new HostVmsTold("hv1", new(Guid.NewGuid(), 1, 2, 0, 1,
        [
            new VmStatus(Vm, "uuid", new Dictionary<string, string> { ["app"] = "db" }, AgentState.Ready)
            {
                Group = "shop", Freeze = FreezeMode.Alone, AgentReason = "why", AgentRemedy = "what", AgentVersion = "7.2.22",
                Frozen = true, FrozenCertain = false, FrozenSince = At, FrozenBy = "run r1", RunState = "running",
                MonitorReason = "why", QemuVersion = "7.2.22", Process = "boot/1/2",
                Inventory = new("db1", "Debian", "debian", "6.1", ["192.0.2.7"], ["/"]),
                NotUnderstood = new Dictionary<string, string> { ["guest-get-users"] = "why" }, Run = "r1",
            },
        ], ["left"])),
        new HostBeat("hv1", Guid.NewGuid(), 7, new("0.1.0", "http://127.0.0.1:7070", 2, 1, 3, 0.5, At, "0123456789ab"))
        {
            At = new(Guid.NewGuid(), TimeSpan.FromDays(40)),
        },
        new TellVms(),
        new TellAway(),
        new HostForgotten("hv1"),
    ];

    private TestSystem _system = null!;

    private Akka.Serialization.Serialization Serialization => _system.System.Serialization;

    public async Task InitializeAsync() => _system = await TestSystem.StartAsync(akka => akka.AddSerialization());

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public void Every_message_that_crosses_nodes_has_a_row_and_an_example_here()
    {
        var marked =
            typeof(IWire).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IWire)) && !type.IsAbstract).ToHashSet();

        Assert.Equal(marked, WireCatalog.Rows.Select(row => row.Type).ToHashSet());
        Assert.Equal(marked, Messages.Select(message => message.GetType()).ToHashSet());
        Assert.Equal(WireCatalog.Rows.Count, WireCatalog.Rows.DistinctBy(row => row.Manifest).Count());
    }

    [Fact]
    public void Every_message_comes_back_as_it_was_sent()
    {
        foreach (var message in Messages)
        {
            var serializer = Assert.IsType<WireSerializer>(Serialization.FindSerializerFor(message));
            var back = serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
            Assert.Equal(serializer.ToBinary(message), serializer.ToBinary(back));
            Assert.Equal(message.GetType(), back.GetType());
        }
    }

    /// <summary>As the release before wrote them.</summary>
    [Fact]
    public void A_message_of_the_release_before_has_its_kinds_members_renamed()
    {
        const string outcome = """
            {"Item":3,"Attempt":2,"State":"failed","Reason":"why","Remedy":null,"FrozenMs":1.5,
             "Point":{"Id":"p","Directory":"/d","Class":"crash","Bytes":7}}
            """;
        var started = Earlier<StartItem>("item.start.v1", """
            {"Vm":{"Host":"hv1","Name":"db1"},"Run":"r1","Item":3,"Attempt":2,"Kind":"backup","Options":{"MaxParallel":50,
             "MaxFailures":"100%","MaxUnreachable":"100%","MaxParallelPerLabel":{"App":1},
             "Backup":{"Method":"full","Target":"/srv","Consistency":"prefer","Bandwidth":5}},
             "DispatchedAt":"2026-11-22T23:56:47+00:00","Resume":true,"Group":null,"Secrets":{"Env":["A=b"]},"Freeze":"together"}
            """);
        var ended = Earlier<ItemEnded>("item.ended.v1", $$$"""{"Run":"r1","Outcome":{{{outcome}}}}""");
        var moved = Earlier<MemberMoved>(
            "group.member.v1",
            $$$"""{"Run":"r1","Item":3,"Attempt":2,"Report":{"Phase":"prepared","Failing":{{{outcome}}}}}""");

        Assert.Equal(
            new BackupOptions("full", "/srv", Consistency.Prefer, 5),
            BackupOptions.Of(started.Options) ?? throw new InvalidOperationException("no backup"));
        Assert.Equal("App", Assert.Single(started.Options.MaxParallelPerLabel!).Key);
        Assert.Equal(["A=b"], ExecSecrets.Of(started.Secrets)!.Env);
        Assert.All([ended.Outcome, moved.Report.Failing!], told =>
        {
            Assert.Equal("why", told.Reason);
            Assert.Equal(new BackupValues(1.5, new("p", "/d", "crash", 7)), BackupValues.Of(told.Values));
        });
    }

    private T Earlier<T>(string manifest, string json) =>
        Assert.IsType<T>(Serialization.Deserialize(System.Text.Encoding.UTF8.GetBytes(json), 4711, manifest));

    [Fact]
    public void An_event_goes_to_the_journal_with_its_manifest_beside_it()
    {
        var started = new RunEvent.RunStarted("r1", "backup", "*", Options, [Vm], At, null);

        var serializer = Assert.IsType<EventSerializer>(Serialization.FindSerializerFor(started));

        Assert.Equal("run.started.v1", serializer.Manifest(started));
        Assert.DoesNotContain(
            "run.started", System.Text.Encoding.UTF8.GetString(serializer.ToBinary(started)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4711)]
    [InlineData(4712)]
    public void An_unknown_manifest_is_told_and_not_passed_over(int serializer)
    {
        var error = Assert.Throws<SerializationException>(
            () => Serialization.Deserialize("{}"u8.ToArray(), serializer, "run.exploded.v9"));

        Assert.Contains("run.exploded.v9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_that_lacks_a_member_is_told_with_its_manifest()
    {
        var error = Assert.Throws<SerializationException>(
            () => Serialization.Deserialize("{}"u8.ToArray(), 4712, "run.finished.v1"));

        Assert.Contains("run.finished.v1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_of_ours_without_a_row_is_refused_and_counted_but_Akkas_own_passes()
    {
        var before = RefusingSerializer.Refused;
        var serializer = Assert.IsType<RefusingSerializer>(Serialization.FindSerializerForType(typeof(Stray)));

        Assert.Throws<SerializationException>(() => serializer.ToBinary(new Stray()));
        Assert.Throws<SerializationException>(() => serializer.FromBinary("{}"u8.ToArray(), typeof(Stray)));

        Assert.Equal(before + 2, RefusingSerializer.Refused);
        Assert.NotEmpty(serializer.ToBinary(new Address("akka.tcp", "qga")));
        Assert.Equal(before + 2, RefusingSerializer.Refused);
    }

    [Fact]
    public void No_serializer_of_Akkas_takes_a_secret()
    {
        using var secret = QgaOrchestrator.Qemu.Agent.Secret.Of("S3cret!");
        var serializer = Serialization.FindSerializerForType(secret.GetType());
        Assert.Throws<SerializationException>(() => serializer.ToBinary(secret));
        Assert.Equal("***", $"{secret}");
    }

    [Fact]
    public void A_reference_in_a_message_leads_back_to_its_actor()
    {
        var options = WireJson.OptionsFor((ExtendedActorSystem)_system.System);
        var converter = options.Converters.OfType<ActorRefConverter>().Single();
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
            converter.Write(writer, _system.System.DeadLetters, options);
        var reader = new System.Text.Json.Utf8JsonReader(stream.ToArray());
        reader.Read();

        var back = converter.Read(ref reader, typeof(IActorRef), options);

        Assert.Equal(_system.System.DeadLetters.Path, back.Path);
    }

    private sealed record Stray;
}
