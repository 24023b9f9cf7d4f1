using System.Text.Json;
using System.Text.Json.Nodes;
using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Tests.Conformance;

/// <summary>
/// What every kind of run keeps to. A new one is written against it: an heir says which kind it is, and options that it takes.
/// A killed node is one whose actors are killed where they stand; what its successor has is the order, the node's files and
/// what there is in guest and QEMU.
/// </summary>
public abstract class RunKindSuite : OneHost
{
    /// <summary>Stands in the value of each secret option of <see cref="Given"/>, and nowhere else.</summary>
    protected const string Secret = "hunter2";

    protected abstract RunKind Kind { get; }

    /// <summary>Options that are in order, as POST takes them.</summary>
    protected abstract string Given { get; }

    /// <summary>Those of <see cref="Given"/> without which the kind refuses a run.</summary>
    protected virtual IReadOnlyList<string> Needed => [];

    /// <summary>Why an item of a killed node may end unknown; null: it never does.</summary>
    protected virtual string? MayEndUnknown => null;

    protected sealed override RunKinds Kinds => new(Kind);

    /// <summary>What the VM needs before anything begins.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>Keeps the next item in a step until it is disposed; null: the step cannot be kept up.</summary>
    protected virtual IDisposable? Hold(string step) => null;

    /// <summary>What must hold behind an item that has ended, however often its node was killed.</summary>
    protected virtual void AssertEnded(string run)
    {
    }

    [Fact]
    public void A_kind_is_named_by_one_word_and_describes_its_steps_and_options()
    {
        Assert.Matches("^[a-z]+(-[a-z]+)*$", Kind.Name);
        Assert.NotEmpty(Kind.Help);
        Assert.NotEmpty(Kind.Steps);
        Assert.All(Kind.Steps, step =>
            Assert.All([step.Name, step.Does, step.Undone, step.AfterCrash], text => Assert.NotEmpty(text)));
        Assert.Equal(Kind.Steps.DistinctBy(step => step.Name), Kind.Steps);
        Assert.Equal(Kind.AllOptions.DistinctBy(option => option.Name), Kind.AllOptions);
        Assert.All(Kind.OwnOptions, option =>
        {
            Assert.Matches("^[a-z][A-Za-z]*$", option.Name);
            Assert.NotEmpty(option.Value);
            Assert.NotEmpty(option.Help);
        });
        Assert.All([Kind.ItemColumns, Kind.ResultColumns], columns =>
        {
            Assert.Equal(columns.DistinctBy(column => column.Name), columns);
            Assert.All(columns, column => Assert.NotEmpty(column.Title));
        });
        Assert.All(Kind.ResultFiles, file => Assert.Contains('/', file.MediaType));
    }

    [Fact]
    public void A_kind_of_this_version_has_its_row_in_the_reference()
    {
        if (RunKinds.Known.Find(Kind.Name) is null) return;
        var page = File.ReadAllText(Path.Combine(Checkout(AppContext.BaseDirectory), "deploy", "docs", "reference.md"));
        Assert.Contains($"| `{Kind.Name}` | {Kind.Help} |", page, StringComparison.Ordinal);
        Assert.All(Kind.OwnOptions, option => Assert.Contains($"| `{option.Name}` |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Options_in_order_are_taken_and_read_again_as_they_are_stored()
    {
        var options = Read();
        Assert.Equal(options, Stored(options));
        Assert.Equal(Kind.Target(options), Kind.Target(Stored(options)));
    }

    [Fact]
    public void An_invalid_option_is_reported_by_its_name()
    {
        // No option is a list of lists.
        foreach (var option in Kind.AllOptions)
            AssertRefuses(option.Name, Changed(given => given[option.Name] = new JsonArray(new JsonArray())));
        AssertRefuses("colour", Changed(given => given["colour"] = "red"));
        foreach (var needed in Needed) AssertRefuses(needed, Changed(given => given.Remove(needed)));
    }

    [Fact]
    public void A_plan_is_made_of_its_options()
    {
        VmIdentity[] fleet = [new(Id, null, VmIdentity.NoLabels)];
        var (plan, errors) = Kind.Plan(fleet, fleet, Read());
        Assert.Empty(errors);
        Assert.Equal([Id], plan!.Targets);
    }

    [Fact]
    public void Only_a_kind_that_freezes_keeps_to_groups()
    {
        VmIdentity[] fleet = [Member(1), Member(2), Member(3) with { Group = null, Freeze = FreezeMode.Alone }];
        Assert.Equal(Kind.Freezes, Kind.Plan(fleet, [fleet[0]], Read()).Errors.Count > 0);
        var notes = Kind.Plan(fleet, fleet, Read()).Plan!.Notes;
        Assert.Equal(
            Kind.Freezes ? [("shop", FreezeMode.Together), ("shop", FreezeMode.Together), (null, FreezeMode.Alone)]
                : Enumerable.Repeat(((string?)null, FreezeMode.Together), 3),
            notes.Select(note => (note.Group, note.Freeze)));

        static VmIdentity Member(int number) => new(new VmId("hv1", $"db{number}"), null, VmIdentity.NoLabels, "shop");
    }

    [Fact]
    public async Task What_is_secret_is_stored_and_shown_nowhere()
    {
        var names = Kind.OwnOptions.Where(option => option.IsSecret).Select(option => option.Name).ToList();
        Assert.All(names, name => Assert.Contains(Secret, $"{Changed()[name]}", StringComparison.Ordinal));
        var (journalled, secrets) = Kind.Part(Read());
        Assert.Equal(names.Count > 0, secrets is not null);
        Assert.Equal(names.Count > 0, Kind.SecretsOf(journalled) is { Length: > 0 });
        List<string?> told =
        [
            JsonSerializer.Serialize(journalled, RunJson.Default.RunOptions),
            $"{secrets}",
            Kind.SecretsOf(journalled),
            Shown(journalled),
            Shown(Read()),
            .. names.SelectMany(name => Kind.ParseOptions(Element(Changed(given => given[name] = Secret))).Errors),
            .. names.SelectMany(name => Kind.ParseOptions(Element(Changed(given => given[name] = 5))).Errors),
        ];

        await StartPreparedAsync();
        var order = Order("secret");
        var outcome = Run(order);
        Assert.Null(await EntryAsync(entry => entry is null)); // it goes behind the outcome
        told.AddRange([$"{order}", $"{outcome}", .. NodeFiles().Select(File.ReadAllText)]);

        Assert.Equal(ItemState.Succeeded, outcome.State);
        Assert.All(told, text => Assert.DoesNotContain(Secret, text ?? "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        await StartPreparedAsync();
        var order = Order("dry");
        Assert.Equal(ItemState.Succeeded, Run(order with { Options = order.Options with { DryRun = true } }).State);
        Assert.Null(Results.Read("dry", 0));
        Assert.Empty(Vm.Guest.Freezes);
        NothingIsLeft();
    }

    [Fact]
    public async Task An_item_that_is_told_to_end_ends_and_leaves_nothing_under_way()
    {
        await StartPreparedAsync();
        var order = Order("aborted");
        Order(order);
        Vms.Tell(new AbortItem(Id, order.Run, order.Item, order.Attempt));
        Assert.Contains(Outcome(order).State, new[] { ItemState.Cancelled, ItemState.Succeeded });
        await AssertNothingIsUnderWayAsync();
        AssertEnded(order.Run);
    }

    [Fact]
    public async Task A_node_killed_after_each_of_its_steps_is_followed_by_one_that_ends_the_item()
    {
        await StartPreparedAsync();
        // Where a step begins the one before has ended; the last moment is after the item's end, which nobody has heard.
        string?[] moments = [.. Kind.Steps.Select(step => step.Name), null];
        foreach (var (index, step) in moments.Index())
        {
            var run = $"killed{index}";
            using (step is null ? null : Hold(step))
            {
                Order(Order(run));
                Runs.FishForMessage(said => IsAt(said, run, step), Limit, $"killed at {step ?? "its end"}");
                await CrashAsync();
            }
            await FollowAsync();
            var outcome = Run(Order(run, resume: true));
            if (outcome.State == ItemState.Interrupted) outcome = Run(Order(run, attempt: 2));
            Assert.True(
                outcome.State == ItemState.Succeeded || (outcome.State == ItemState.Unknown && MayEndUnknown is not null),
                $"killed at {step ?? "its end"}, it ends {outcome}");
            await AssertNothingIsUnderWayAsync();
            AssertEnded(run);
        }
    }

    private async Task StartPreparedAsync()
    {
        Prepare();
        await StartAsync();
    }

    private static bool IsAt(object said, string run, string? step) => said switch
    {
        ItemMoved moved => moved.Run == run && moved.Progress.Step == step,
        ItemEnded ended when ended.Run == run => step is null
            ? true
            : throw new InvalidOperationException($"it ended without showing its step {step}: {ended.Outcome}"),
        _ => false,
    };

    /// <summary>The next node begins, and sees the VM as it is.</summary>
    private async Task FollowAsync()
    {
        foreach (var probe in new[] { Runs, Fleet })
            while (probe.HasMessages) await probe.ReceiveOneAsync(TimeSpan.Zero);
        Begin();
        SeeVm(vm => vm is { Agent: AgentState.Ready, RunState: not null, Frozen: false });
    }

    private async Task AssertNothingIsUnderWayAsync()
    {
        Assert.Null(await EntryAsync(entry => entry is null));
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Empty(Vm.Blocks.Leftovers);
        Assert.Empty(Vm.Jobs.All);
    }

    private StartItem Order(string run, int attempt = 1, bool resume = false)
    {
        Unsettled.Add(CutNames.For(run, 0, attempt).Hash);
        var (journalled, secrets) = Kind.Part(Read());
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new StartItem(Id, run, 0, attempt, Kind.Name, Stored(journalled), at, resume) { Secrets = secrets };
    }

    private RunOptions Read()
    {
        var (options, errors) = Kind.ParseOptions(Element(Changed()));
        Assert.Empty(errors);
        return options!;
    }

    private void AssertRefuses(string name, JsonObject options)
    {
        var (read, errors) = Kind.ParseOptions(Element(options));
        Assert.Null(read);
        Assert.Contains(errors, error => error.StartsWith($"{name}: ", StringComparison.Ordinal));
    }

    /// <summary>As a run's answer has it.</summary>
    private string Shown(RunOptions options)
    {
        if (options.Own is not { } own || !own.TryGetValue(Kind.Name, out var kept)) return "";
        var shown = JsonObject.Create(kept)!;
        Kind.Show(shown);
        return shown.ToJsonString();
    }

    private JsonObject Changed(Action<JsonObject>? change = null)
    {
        var options = JsonNode.Parse(Given)!.AsObject();
        change?.Invoke(options);
        return options;
    }

    private static JsonElement Element(JsonObject options) => JsonSerializer.SerializeToElement(options);

    private static RunOptions Stored(RunOptions options) => JsonSerializer.Deserialize(
        JsonSerializer.Serialize(options, RunJson.Default.RunOptions), RunJson.Default.RunOptions)!;

    private static string Checkout(string directory) => File.Exists(Path.Combine(directory, "QgaOrchestrator.sln"))
        ? directory
        : Checkout(Path.GetDirectoryName(directory)!);
}
