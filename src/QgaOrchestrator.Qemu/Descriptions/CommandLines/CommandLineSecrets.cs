namespace QgaOrchestrator.Qemu.Descriptions.CommandLines;

/// <summary>
/// Takes the secrets out of QEMU's arguments (qemu(1)). Where an option is free text for the guest (-fw_cfg string=, -smbios
/// type=11), nobody knows what is in it, and all of it goes.
/// </summary>
internal static class CommandLineSecrets
{
    /// <summary>Options whose value is one text and no list of members.</summary>
    private static readonly HashSet<string> Texts =
        ["append", "initrd", "kernel", "bios", "pidfile", "D", "L", "hda", "hdb", "hdc", "hdd", "cdrom", "pflash", "incoming"];

    /// <returns>The arguments without secrets, and what was taken out, as in "data of -object sec0".</returns>
    public static (IReadOnlyList<string> Arguments, IReadOnlyList<string> Redacted) Redact(IReadOnlyList<string> arguments)
    {
        var (clean, redacted) = (new List<string>(arguments.Count), new List<string>());
        var option = "";
        foreach (var argument in arguments)
        {
            // An option without a value is followed by another option.
            if (argument is ['-', ..] && (option.Length == 0 || (argument.Length > 1 && !Texts.Contains(option))))
            {
                option = argument.TrimStart('-');
                clean.Add(SecretText.Redact(argument));
                continue;
            }

            clean.Add(Redact(option, argument, redacted));
            option = "";
        }

        return (clean, redacted);
    }

    private static string Redact(string option, string value, List<string> redacted)
    {
        if (Texts.Contains(option) || option.Length == 0) return Text(option, value, redacted);
        if (value is ['{', ..])
        {
            if (!SecretText.TryJson(value, out var node)) return Taken("all", option, null, redacted);
            List<string> found = [];
            SecretText.Redact(node, found);
            foreach (var name in found) Taken(name, option, (string?)node["id"] ?? (string?)node["node-name"], redacted);
            return found.Count == 0 ? value : node.ToJsonString(SecretText.Plain);
        }

        var members = OptionMembers.Split(value);
        var id = members.Select(OptionMembers.Pair).FirstOrDefault(member => member.Name == "id").Value;
        var clean = members.Select(member =>
        {
            var (name, text) = OptionMembers.Pair(member);
            if (text is null) return Text(option, member, redacted);
            if (SecretText.IsSecret(name, text) || IsForGuest(option, name))
                return $"{name}={Taken(name, option, id, redacted)}";
            return $"{name}={OptionMembers.Doubled(Text(option, OptionMembers.Plain(text), redacted))}";
        });
        return string.Join(',', clean);
    }

    private static bool IsForGuest(string option, string name) =>
        (option == "fw_cfg" && name == "string") || (option == "smbios" && name == "value");

    private static string Text(string option, string text, List<string> redacted)
    {
        var clean = SecretText.Redact(text);
        if (clean != text) Taken("a part", option, null, redacted);
        return clean;
    }

    private static string Taken(string what, string option, string? id, List<string> redacted)
    {
        redacted.Add($"{what} of {(option.Length == 0 ? "an argument" : "-" + option)}{(id is null ? "" : " " + id)}");
        return SecretText.Redacted;
    }
}
