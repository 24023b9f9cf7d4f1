using System.Globalization;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Descriptions.CommandLines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>The command line of a restored VM: with its new images, and where it is a VM of its own, without what belongs to the
/// one that it was.</summary>
internal static class RestoredArguments
{
    private const string Unix = "unix:", ToFile = "file:";

    /// <param name="notes">Gets what a person has to see to.</param>
    public static IReadOnlyList<string> Of(MachineOrder order, IReadOnlyList<string> described, List<string> notes)
    {
        IReadOnlyList<string> arguments = Started(described);
        foreach (var disk in order.Disks)
        {
            if (DiskArguments.Replace(arguments, disk.Name, disk.Image) is { } replaced) arguments = replaced;
            else
                notes.Add(string.Create(CultureInfo.InvariantCulture,
                    $"No argument names disk {disk.Index}: put {disk.Image}, which is qcow2, in by hand."));
        }

        var identity = new NewIdentity(order.Random);
        arguments = [.. arguments.Select(WithNewGeneration)];
        if (order.IsNew) arguments = Renewed(order, arguments, identity);
        else notes.Add("The VM keeps its UUID, its MAC addresses and its sockets: start it only while the other one is stopped.");
        if (arguments.Any(argument => argument.Contains(SecretText.Redacted, StringComparison.Ordinal)))
            notes.Add($"Secrets are not in a point: put them in where an argument says {SecretText.Redacted}.");
        if (arguments.Any(argument => OptionMembers.Split(argument).Any(member =>
                member.StartsWith("fd=", StringComparison.Ordinal) || member.StartsWith("vhostfd=", StringComparison.Ordinal))))
            notes.Add("The VM was started with open files of another program (fd=): put others in their place.");
        return arguments;

        string WithNewGeneration(string argument)
        {
            if (!argument.Contains("vmgenid", StringComparison.Ordinal) || OptionMembers.Parse(argument) is not { } device
                || device["guid"] is not { } generation || generation == "auto")
                return argument;
            device.Set("guid", new NewIdentity(order.Random).Uuid);
            return device.ToString();
        }
    }

    /// <summary>Without what made this QEMU take another one's state.</summary>
    private static List<string> Started(IReadOnlyList<string> described)
    {
        var kept = new List<string>();
        for (var at = 0; at < described.Count; at++)
        {
            if (described[at].TrimStart('-') is "incoming" or "loadvm" && described[at] is ['-', ..]) at++;
            else kept.Add(described[at]);
        }

        return kept;
    }

    private static List<string> Renewed(MachineOrder order, IReadOnlyList<string> arguments, NewIdentity identity)
    {
        var (renewed, taken) = (new List<string>(), new HashSet<string>());
        var uuid = Value(arguments, "uuid");
        var tpm = Value(arguments, "tpmdev") is { } device ? OptionMembers.Parse(device)?["chardev"] : null;
        for (var at = 0; at < arguments.Count; at++)
        {
            var option = at > 0 && arguments[at - 1] is ['-', ..] ? arguments[at - 1].TrimStart('-') : "";
            var argument = arguments[at];
            if (uuid is not null) argument = argument.Replace(uuid, identity.Uuid, StringComparison.OrdinalIgnoreCase);
            argument = option switch
            {
                "name" => Named(argument, order.Define!),
                "device" or "nic" or "net" or "netdev" => identity.WithNewMacs(argument),
                "chardev" => Chardev(argument),
                "pidfile" or "D" => Moved(argument),
                "qmp" or "qmp-pretty" or "monitor" or "serial" or "vnc" or "parallel" => Listening(argument),
                _ => argument,
            };
            renewed.Add(argument);
        }

        return renewed;

        string Moved(string path)
        {
            var name = $"{order.Define}-{Path.GetFileName(path)}";
            for (var again = 2; !taken.Add(name); again++)
                name = string.Create(CultureInfo.InvariantCulture, $"{order.Define}-{again}-{Path.GetFileName(path)}");
            return Path.Combine(order.Directory, name);
        }

        string Chardev(string argument)
        {
            if (OptionMembers.Parse(argument) is not { } chardev) return argument;
            var backend = chardev["backend"] ?? chardev[""];
            // Its TPM is another one's, too.
            var isOurs = backend is "file" or "pipe" || (backend == "socket" && (Listens(chardev) || chardev["id"] == tpm));
            if (isOurs && chardev["path"] is { } path) chardev.Set("path", Moved(path));
            if (chardev["logfile"] is { } log) chardev.Set("logfile", Moved(log));
            return chardev.ToString();
        }

        string Listening(string argument)
        {
            foreach (var scheme in new[] { Unix, ToFile })
            {
                if (!argument.StartsWith(scheme, StringComparison.Ordinal)) continue;
                var parts = OptionMembers.Split(argument[scheme.Length..]);
                return scheme + string.Join(
                    ',', parts.Skip(1).Prepend(OptionMembers.Doubled(Moved(OptionMembers.Plain(parts[0])))));
            }

            return argument;
        }
    }

    private static bool Listens(OptionMembers socket) =>
        socket["server"] is "on" or "yes" or "true" || socket.All.Any(member => member is { Name: "", Value: "server" });

    private static string Named(string argument, string name)
    {
        if (OptionMembers.Parse(argument) is not { } members) return argument;
        members.Set(members[""] is null ? "guest" : "", name);
        return members.ToString();
    }

    private static string? Value(IReadOnlyList<string> arguments, string option)
    {
        for (var at = 0; at + 1 < arguments.Count; at++)
            if (arguments[at] is ['-', ..] && arguments[at].TrimStart('-') == option) return arguments[at + 1];
        return null;
    }
}
