namespace QgaOrchestrator.Architecture.Tests;

/// <summary>A name stands for one thing in all of src. Types inside another type, or of one file, are not looked at.</summary>
public class TypeNamesTests
{
    /// <summary>Names that two types still have. One that is renamed is taken out; none is added.</summary>
    private static readonly string[] Twice = [];

    [Fact]
    public void No_type_name_is_used_twice_in_the_sources()
    {
        var types = Built.Ours.SelectMany(BuiltTypes.TypesIn).ToList();
        Assert.True(types.Count > 500);
        var found = types
            .GroupBy(type => type.Name)
            .Where(name => name.Select(type => type.Namespace).Distinct().Count() > 1)
            .ToDictionary(name => name.Key, name => string.Join(", ", name.Select(type => type.Namespace)));
        var faults = found
            .Where(name => !Twice.Contains(name.Key))
            .Select(name => $"{name.Key}: {name.Value}")
            .Concat(Twice.Where(name => !found.ContainsKey(name)).Select(name => $"{name} is used once: take it out of the list"))
            .ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }
}
