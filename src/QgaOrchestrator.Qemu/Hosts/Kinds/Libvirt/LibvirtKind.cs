using System.Collections.Concurrent;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Keeping;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;

/// <summary>
/// Kind libvirt: its daemon has the sockets of its VMs for good, so they are reached through it, by its RPC protocol over its
/// local socket. The library's own client is not used: its calls block and cannot be cancelled.
/// </summary>
internal sealed class LibvirtKind : IHostKind
{
    private const string UriOption = "Uri", CutOption = "Cut", LastResortOption = "LastResort";

    private readonly ConcurrentDictionary<(string Directory, string Uri, TimeProvider Time), LibvirtHost> _hosts = new();

    public string Name => "libvirt";

    public IReadOnlyList<ICutMethod> CutMethods { get; } =
    [
        new PushMethod(Cut.Methods.CutMethods.Require(Cut.Methods.CutMethods.First)),
        .. Cut.Methods.CutMethods.All.Where(method => !method.QemuWritesImages),
    ];

    public IVmSource? Default(string root) => null;

    public IVmSource Read(ISourceOptions options)
    {
        var uri = ReadUri(options);
        var read = new LibvirtOptions(
            options.Root.TrimEnd('/'), uri, LibvirtPaths.SocketsOf(uri, options.Root), ReadCut(options),
            ReadLastResort(options));
        return new LibvirtSource(this, HostOf(read.Directory, read.Uri, options.Time), read);
    }

    public IReadOnlyList<string> PlaceMembers => [];

    public IEnumerable<string> PlaceFaults(IReadOnlyDictionary<string, string> place) => [];

    public FoundVm? Place(PlacedVm placed, IReadOnlyList<IVmSource> sources, string root) => null;

    public bool Reaches(VmAddress address) => address is VmAddress.Through through && through.Kind == Name
        && LibvirtPlace.TryParse(through.Locator, out _);

    public IAgent Agent(VmAddress address, TimeProvider time, Random random)
    {
        var place = Of(address);
        return new LibvirtAgent(place, HostOf(place.Directory, place.Uri, time), time, random);
    }

    public IMachine? Machine(VmAddress address, TimeProvider time)
    {
        var place = Of(address);
        var machine = new LibvirtMachine(place, HostOf(place.Directory, place.Uri, time), time);
        return place.Cut == LibvirtCut.Monitor ? new QmpMachine(new LibvirtMonitor(machine), place.Channel) : machine;
    }

    public Task<string?> FindHolderAsync(VmAddress address) => Task.FromResult<string?>(null);

    public IHostAdvice Advice { get; } = new LibvirtAdvice();

    public IMachineKeeper Keeper => new LibvirtKeeper(HostOf);

    public Task<DetectedVms?> DetectAsync(HostSight host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var directory = LibvirtPaths.SocketsOf(LibvirtPaths.System, host.Root);
        var read = new LibvirtOptions(
            host.Root.TrimEnd('/'), LibvirtPaths.System, directory, LibvirtCut.Backup, LastResort: true);
        var daemon = HostOf(read.Directory, read.Uri, host.Time);
        return LibvirtDetection.DetectAsync(new LibvirtSource(this, daemon, read), read.Directory, host);
    }

    private LibvirtHost HostOf(string directory, string uri, TimeProvider time) =>
        _hosts.GetOrAdd((directory, uri, time), key => new LibvirtHost(key.Directory, key.Uri, key.Time));

    private LibvirtPlace Of(VmAddress address) =>
        address is VmAddress.Through through && through.Kind == Name && LibvirtPlace.TryParse(through.Locator, out var place)
            ? place
            : throw new ArgumentException($"{address} is no address of {Name}", nameof(address));

    private static string ReadUri(ISourceOptions options)
    {
        switch (options.Text(UriOption))
        {
            case null:
                return LibvirtPaths.System;
            case (LibvirtPaths.System or LibvirtPaths.Session) and var uri:
                return uri;
            case var text when Uri.TryCreate(text, UriKind.Absolute, out var remote) && remote.Host.Length > 0:
                options.Fail(
                    UriOption, $"\"{text}\" is on another host: run a node on that host: a thaw must not need the network");
                return LibvirtPaths.System;
            case var text:
                options.Fail(UriOption, $"\"{text}\" is not {LibvirtPaths.System} or {LibvirtPaths.Session}");
                return LibvirtPaths.System;
        }
    }

    private static string ReadCut(ISourceOptions options)
    {
        switch (options.Text(CutOption))
        {
            case null or LibvirtCut.Backup:
                return LibvirtCut.Backup;
            case LibvirtCut.Monitor:
                return LibvirtCut.Monitor;
            case var text:
                options.Fail(CutOption, $"\"{text}\" is not {LibvirtCut.Backup} or {LibvirtCut.Monitor}");
                return LibvirtCut.Backup;
        }
    }

    private static bool ReadLastResort(ISourceOptions options)
    {
        switch (options.Text(LastResortOption)?.ToLowerInvariant())
        {
            case null or "true":
                return true;
            case "false":
                return false;
            case var text:
                options.Fail(LastResortOption, $"\"{text}\" is not true or false");
                return true;
        }
    }
}
