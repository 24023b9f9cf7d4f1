using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Fleet;

/// <summary>Who a VM is: <c>host/name</c>. The name comes from its socket's path, [A-Za-z0-9._-].</summary>
public sealed record VmId(string Host, string Name)
{
    /// <summary>As one token of names that may not hold a slash: <c>host~name</c>.</summary>
    [JsonIgnore]
    public string Entity => $"{Host}~{Name}";

    /// <summary>Whether this is a VM's name, or a host's.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 128 && name is not ("." or "..") && name.All(
            c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public override string ToString() => $"{Host}/{Name}";
}
