using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Tests.Conformance.Toy;

namespace QgaOrchestrator.Qemu.Tests.Conformance;

public sealed class FullMethodConforms : CutMethodSuite
{
    protected override ICutMethod Method => CutMethods.Require("full");
}

public sealed class SnapshotMethodConforms : CutMethodSuite
{
    protected override ICutMethod Method => CutMethods.Require("snapshot");
}

public sealed class HookMethodConforms : CutMethodSuite
{
    public HookMethodConforms() => Lab.AddHook("files");

    protected override ICutMethod Method => CutMethods.Require("hook");

    protected override IReadOnlyDictionary<string, string> Own { get; } = new Dictionary<string, string> { ["hook"] = "files" };
}

/// <summary>What it takes to add a method: its folder, and a line.</summary>
public sealed class ToyMethodConforms : CutMethodSuite
{
    protected override ICutMethod Method { get; } = new ToyMethod();
}

public sealed class CutMethodsTests
{
    [Fact]
    public void Cut_methods_and_their_options_have_unique_names()
    {
        Assert.Equal(CutMethods.Names.Distinct(), CutMethods.Names);
        var options = CutMethods.All.SelectMany(method => method.Options).Select(option => option.Name).ToList();
        Assert.Equal(options.Distinct(), options);
        Assert.NotNull(CutMethods.Find(CutMethods.First));
    }

    [Fact]
    public void An_unknown_method_is_refused_and_no_other_takes_its_place()
    {
        Assert.Null(CutMethods.Find("incremental"));
        var refused = Assert.Throws<CutException>(() => CutMethods.Require("incremental"));
        Assert.StartsWith("incremental is not available in this version; there are ", refused.Message, StringComparison.Ordinal);
        Assert.All(CutMethods.Names, name => Assert.Contains(name, refused.Message, StringComparison.Ordinal));
        Assert.Equal([new("method", refused.Message)], CutMethods.Check("incremental", new Dictionary<string, string>()));
    }

    [Theory]
    [InlineData("full", null, null)]
    [InlineData("full", "lvm", "hook: only method hook takes it, and this is full")]
    [InlineData("hook", "lvm", null)]
    [InlineData("hook", null, "hook: method hook needs the name of a hook in the hosts' Freeze.Hooks")]
    [InlineData("hook", "", "hook: method hook needs the name of a hook in the hosts' Freeze.Hooks")]
    public void An_option_is_taken_by_the_method_that_it_belongs_to(string method, string? hook, string? fault)
    {
        var own = hook is null ? new Dictionary<string, string>() : new() { ["hook"] = hook };
        Assert.Equal(
            fault is null ? [] : [fault], CutMethods.Check(method, own).Select(found => $"{found.Option}: {found.Reason}"));
    }
}
