using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// <c>api.json</c> beside the ledger: where a running node listens and the path of its token, so that <c>qgactl</c> on the
/// same host needs no options. It never holds the token itself.
/// </summary>
public sealed class ApiAddressFile(string ledger)
{
    private readonly string _path = Path.Combine(ledger, "api.json");

    public void Write(Uri api, string tokenFile)
    {
        var fresh = _path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(
            new(api.ToString().TrimEnd('/'), tokenFile), ApiAddressJson.Default.ApiAddress));
        File.SetUnixFileMode(
            fresh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(fresh, _path, overwrite: true);
    }

    public void Remove() => File.Delete(_path);
}

internal sealed record ApiAddress(string Api, string TokenFile);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ApiAddress))]
internal sealed partial class ApiAddressJson : JsonSerializerContext;
