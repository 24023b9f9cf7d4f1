namespace QgaOrchestrator.Qemu.Descriptions.CommandLines;

/// <summary>Puts restored images, which are qcow2, in the place of a command line's disks: in <c>-blockdev</c>, <c>-drive</c> and
/// the short options (-hda and the like), whatever lies above the file.</summary>
internal static class DiskArguments
{
    private static readonly HashSet<string> Formats =
        ["raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vhdx", "vpc", "parallels", "luks"];

    private static readonly HashSet<string> Short = ["hda", "hdb", "hdc", "hdd", "pflash", "mtdblock", "sd", "fda", "fdb"];

    /// <param name="file">As QEMU has opened it.</param>
    /// <param name="image">A qcow2 image.</param>
    /// <returns>Null: no argument names the file.</returns>
    public static IReadOnlyList<string>? Replace(IReadOnlyList<string> arguments, string file, string image)
    {
        if (file.Length == 0) return null;
        var changed = arguments.ToArray();
        var found = false;
        for (var at = 0; at + 1 < changed.Length; at++)
        {
            var option = changed[at].TrimStart('-');
            if (changed[at] is not ['-', ..]) continue;
            if (Short.Contains(option) && changed[at + 1] == file)
            {
                changed[at + 1] = image;
                found = true;
            }
            else if (option is "drive" or "blockdev" && OptionMembers.Parse(changed[at + 1]) is { } members)
            {
                var isHere = option == "drive" ? Drive(members, file, image) : Blockdev(changed, members, file, image);
                if (!isHere) continue;
                changed[at + 1] = members.ToString();
                found = true;
            }
        }

        return found ? changed : null;
    }

    private static bool Drive(OptionMembers drive, string file, string image)
    {
        if (drive["file"] != file)
        {
            if (!Layered(drive, file, image)) return false;
            // Another name of driver.
            drive.Remove(member => member == "format");
            return true;
        }

        Flat(drive);
        drive.Set("file", image);
        drive.Set("format", "qcow2");
        return true;
    }

    private static bool Blockdev(string[] arguments, OptionMembers node, string file, string image)
    {
        if (node["filename"] != file) return Layered(node, file, image);
        var name = node["node-name"] ?? "";
        var above = Above(arguments, name);
        node.Set("filename", image);
        if (above is var (at, format))
        {
            node.Set("driver", "file");
            Flat(format);
            format.Set("driver", "qcow2");
            arguments[at] = format.ToString();
            return true;
        }

        // The device is on the file itself: a layer of qcow2 comes between, by the name that it knows.
        Flat(node);
        node.Remove(member => member is "filename" or "locking" or "aio");
        node.Set("driver", "qcow2");
        node.Set("file.driver", "file");
        node.Set("file.filename", image);
        return true;
    }

    /// <summary>The node of a format that is on the node of this name; null: there is none.</summary>
    private static (int At, OptionMembers Format)? Above(string[] arguments, string name)
    {
        for (var at = 1; at < arguments.Length && name.Length > 0; at++)
            if (arguments[at - 1].TrimStart('-') == "blockdev" && OptionMembers.Parse(arguments[at]) is { } node
                && node["file"] == name && node["driver"] is { } driver && Formats.Contains(driver))
                return (at, node);
        return null;
    }

    /// <summary>With its layers inside of each other, as in driver=throttle,file.driver=raw,file.file.filename=F.</summary>
    private static bool Layered(OptionMembers node, string file, string image)
    {
        const string filename = "filename", layer = "file.";
        var name = node.All.FirstOrDefault(member => member.Value == file
            && member.Name.EndsWith(layer + filename, StringComparison.Ordinal)).Name;
        if (name is null) return false;
        var bottom = name[..^filename.Length];
        var above = bottom[..^layer.Length];
        if (node[above + "driver"] is { } driver && !Formats.Contains(driver))
        {
            // A filter is on the file itself.
            node.Remove(member => member.StartsWith(bottom, StringComparison.Ordinal));
            (above, bottom) = (bottom, bottom + layer);
        }
        else node.Remove(member => member == above + "offset" || member == above + "size" || IsBelow(member, above + "backing"));
        node.Set(above + "driver", "qcow2");
        node.Set(bottom + "driver", "file");
        node.Set(bottom + filename, image);
        return true;
    }

    /// <summary>The restored image is whole: nothing is below it, and it begins where the file does.</summary>
    private static void Flat(OptionMembers format) =>
        format.Remove(member => member is "offset" or "size" or "driver" or "encryption" || IsBelow(member, "backing")
            || IsBelow(member, "encrypt"));

    private static bool IsBelow(string member, string name) =>
        member == name || member.StartsWith(name + ".", StringComparison.Ordinal);
}
