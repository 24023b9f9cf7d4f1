using System.Text.RegularExpressions;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>
/// A run kind, a cut method and a host kind each live in a folder of their own; outside it only the registry's line names it.
/// So a new one touches one folder and one line. A kind's folder has the same name in every project, and in lower case it is
/// the kind's name.
/// </summary>
public partial class KindFolderTests
{
    /// <summary>The folder that holds the kinds of a thing, and the registry that names each of them.</summary>
    private static readonly (string Kinds, string Registry)[] Registries =
    [
        ("src/QgaOrchestrator.Actors/Kinds", "src/QgaOrchestrator.Actors/Kinds/RunKinds.cs"),
        ("src/QgaOrchestrator.Core/Kinds", "src/QgaOrchestrator.Actors/Kinds/RunKinds.cs"),
        ("src/QgaOrchestrator.Cli/Kinds", "src/QgaOrchestrator.Cli/Kinds/KindCommands.cs"),
        ("src/QgaOrchestrator.Qemu/Cut/Methods", "src/QgaOrchestrator.Qemu/Cut/Methods/CutMethods.cs"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds", "src/QgaOrchestrator.Qemu/Hosts/Kinds/HostKinds.cs"),
    ];

    /// <summary>Where a word that is also a kind's name stands for something else; and what.</summary>
    private static readonly (string Path, string Named, string Why)[] Allowed =
    [
        ("src/QgaOrchestrator.Cli/Commands/VmHookCommands.cs", "hook", "the command vm hook: a guest's freeze hook"),
        ("src/QgaOrchestrator.Cli/Commands/AuthorizedKey.cs", "command", "an option of sshd's"),
        ("src/QgaOrchestrator.Qemu/Cut/BlockCopies.cs", "full", "QEMU's word for what blockdev-backup copies"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds/Libvirt/Domains/LibvirtPlace.cs", "backup", "libvirt's own way of a cut"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds/Libvirt/Domains/UnbegunBackup.cs", "backup", "libvirt's own word for a job"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds/Libvirt/Push/PushXml.cs", "backup", "an attribute in libvirt's XML"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds/Proxmox/Locks/ConfigLock.cs", "backup", "Proxmox's name of a lock"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds/Proxmox/Locks/ConfigLock.cs", "snapshot", "Proxmox's name of a lock"),
        ("src/QgaOrchestrator.Qemu/Hosts/Kinds/Proxmox/Site/ConfigDisk.cs", "backup", "Proxmox's option of a disk"),
        ("src/QgaOrchestrator.Node/Http/AgentEndpoints.cs", "command", "a part of the route of an agent call"),
        ("src/QgaOrchestrator.Node/Http/Limits/BodyLimits.cs", "command", "a part of the route of an agent call"),
        ("src/QgaOrchestrator.Node/Http/Requests/RequestedCommand.cs", "command", "a part of the route of an agent call"),
    ];

    [Fact]
    public void Every_registry_and_its_kinds_are_there()
    {
        foreach (var (kinds, registry) in Registries)
        {
            Assert.True(File.Exists(Path.Combine(Repository.Root, registry)), registry);
            Assert.NotEmpty(FoldersOf(kinds));
        }
    }

    [Fact]
    public void No_type_of_a_kind_is_named_outside_its_folder_and_its_registry() => AssertNone(TypesNamedOutside());

    [Fact]
    public void No_text_in_the_code_is_a_kinds_name_outside_its_folder_and_its_registry() => AssertNone(NamesTextedOutside());

    [Fact]
    public void Every_allowed_word_is_in_use() => Assert.Empty(
        Allowed.Select(allowed => (allowed.Path, allowed.Named))
            .Except(TypesNamedOutside().Concat(NamesTextedOutside()).Select(found => (found.Path, found.Named))));

    private static IEnumerable<(string Path, string Named, string Folder)> TypesNamedOutside() =>
        Outside(source => Words().Matches(Texts().Replace(source.Text, "")).Select(word => word.Value), TypesIn);

    private static IEnumerable<(string Path, string Named, string Folder)> NamesTextedOutside() => Outside(
        source => Literals().Matches(Comments().Replace(source.Text, "")).Select(text => text.Groups[1].Value),
        folder => [Path.GetFileName(folder).ToLowerInvariant()]);

    private static void AssertNone(IEnumerable<(string Path, string Named, string Folder)> found)
    {
        string[] faults =
        [
            .. from fault in found
               where !Allowed.Any(allowed => allowed.Path == fault.Path && allowed.Named == fault.Named)
               select $"{fault.Path} names {fault.Named} of {fault.Folder}",
        ];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    /// <param name="named">What a source names.</param>
    /// <param name="own">What only a kind's folder may name.</param>
    private static IEnumerable<(string Path, string Named, string Folder)> Outside(
        Func<Source, IEnumerable<string>> named, Func<string, IEnumerable<string>> own)
    {
        var names = Sources.InSrc.ToDictionary(source => source.Path, source => named(source).ToHashSet());
        return
            from registry in Registries
            from folder in FoldersOf(registry.Kinds)
            from name in own(folder)
            from source in names
            where source.Value.Contains(name)
                && source.Key != registry.Registry
                && !IsOf(Path.GetFileName(folder), source.Key)
            select (source.Key, name, folder);
    }

    private static IEnumerable<string> FoldersOf(string kinds) => Sources.InSrc
        .Where(source => source.Path.StartsWith(kinds + "/", StringComparison.Ordinal))
        .Select(source => source.Path[(kinds.Length + 1)..].Split('/'))
        .Where(parts => parts.Length > 1)
        .Select(parts => $"{kinds}/{parts[0]}")
        .Distinct();

    private static bool IsOf(string kind, string path) =>
        Registries.Any(registry => path.StartsWith($"{registry.Kinds}/{kind}/", StringComparison.Ordinal));

    private static IEnumerable<string> TypesIn(string folder) => Sources.InSrc
        .Where(source => source.Path.StartsWith(folder + "/", StringComparison.Ordinal))
        .SelectMany(source => Declared().Matches(source.Text).Select(match => match.Groups[1].Value));

    [GeneratedRegex(
        @"^(?:public |internal )(?:static |sealed |abstract |readonly |partial )*"
            + @"(?:record struct|record|class|enum|interface|struct) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Declared();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();

    /// <summary>Comments may point to a kind as an example; namespaces are folders.</summary>
    [GeneratedRegex("""//[^\n]*|"(?:[^"\\\n]|\\.)*"|^(?:using|namespace) [^\n]*""", RegexOptions.Multiline)]
    private static partial Regex Texts();

    [GeneratedRegex("""^\s*//[^\n]*""", RegexOptions.Multiline)]
    private static partial Regex Comments();

    [GeneratedRegex(""""
        "((?:[^"\\\n]|\\.)*)"
        """")]
    private static partial Regex Literals();
}
