using System.Collections;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A node whose every text is what an evil guest would like to see on a terminal.</summary>
/// <param name="refuses">It answers everything with a problem, in such words, too.</param>
internal sealed class HostileNode(string text, bool refuses) : HttpMessageHandler
{
    /// <summary>Clears a screen, rings, forges a line, turns the direction of text, and uses controls of 8 bits.</summary>
    public const string Text = "x\u001b[2J\r\nforged\a\t\u202e\u2066\u2028\u2029\u0085\u009b31m\u007f\u200f\ufeffz";

    /// <summary>Becomes half a surrogate pair, which JSON can hold and no text can.</summary>
    private const string Half = "@half@";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath.Split('/')[2..];
        return Task.FromResult(
            refuses
                ? Json(typeof(Problem), HttpStatusCode.UnprocessableEntity)
                : (request.Method.Method, path) switch
                {
                    ("GET", []) => Of("raw"), // healthz, readyz, metrics
                    ("GET", ["vms"]) => Json(typeof(Page<Vm>)),
                    ("GET", ["vms", _]) => Json(typeof(Vm)),
                    (_, ["vms", _, "wake"]) => Json(typeof(WokenVm)),
                    ("GET", ["passwords"]) => Json(typeof(Page<EscrowedAccount>)),
                    (_, ["vms", _, "passwords", _, "generations", _]) => new HttpResponseMessage(HttpStatusCode.NoContent),
                    (_, ["vms", _, "passwords", ..]) => Json(typeof(EscrowedAccount)),
                    ("GET", ["escrow", "recipients"]) => Json(typeof(Page<Recipient>)),
                    ("PUT", ["escrow", "recipients", _]) => Json(typeof(Recipient)),
                    (_, ["vms", _, "agent", var command]) => Of(
                        $$"""{"return":{{Returned(command)}},"completedBy":{{Quoted(text)}},"event":{{Quoted(text)}}}"""
                    ),
                    (_, ["vms", _, "exec"]) => Of(
                        Answers.Event(
                            "end",
                            $$"""{"exitCode":null,"signal":null,"reason":{{Quoted(text)}},"remedy":{{Quoted(text)}}}"""
                        ),
                        "text/event-stream"
                    ),
                    (_, ["vms", _, "file", "digest"]) => Json(typeof(FileDigest)),
                    (_, ["vms", _, "file"]) => Json(typeof(FileWritten)),
                    ("GET", ["runs"]) => Json(typeof(Page<Run>)),
                    (_, ["runs", _, "events"]) => Of(
                        Answers.Event("item", Made(typeof(ItemStatus)))
                            + Answers.Event("progress", Made(typeof(RunProgress)))
                            + Answers.Event("run", Made(typeof(Run))),
                        "text/event-stream"
                    ),
                    (_, ["runs", _, "items"]) => Json(typeof(Page<ItemStatus>)),
                    (_, ["runs", _, "results"]) => Json(typeof(Page<RunResult>)),
                    (_, ["runs", _, "results", ..]) => Of("raw"),
                    (_, ["runs", ..]) => Json(typeof(Run)),
                    ("POST", ["recovery-points", _, "verify"]) => Json(typeof(PointCheck)),
                    (_, ["recovery-points", _, "disks", _]) => Of("raw"),
                    ("DELETE", ["recovery-points", _]) => Json(typeof(DeletedPoint)),
                    (_, ["recovery-points"]) => Json(typeof(Page<Point>)),
                    (_, ["recovery-points", _]) => Json(typeof(Point)),
                    ("POST", ["tokens"]) => Json(typeof(NewToken)),
                    ("GET", ["tokens"]) => Json(typeof(Page<Token>)),
                    ("GET", ["hosts"]) => Json(typeof(Page<Host>)),
                    ("GET", ["hosts", _]) => Json(typeof(Host)),
                    ("POST", ["hosts", _, "drain" or "undrain"]) => Json(typeof(Host)),
                    ("DELETE", _) => new HttpResponseMessage(HttpStatusCode.NoContent),
                    (_, ["audit"]) => Json(typeof(Page<AuditRecord>)),
                    (_, ["audit", "check"]) => Json(typeof(AuditChain)),
                    var other => throw new InvalidOperationException($"no answer to {other}"),
                });
    }

    /// <summary>What people are shown of a guest; any other command returns something with such words.</summary>
    private string Returned(string command) => command switch
    {
        "guest-get-host-name" => $$"""{"host-name":{{Quoted(text)}}}""",
        "guest-get-osinfo" => $$"""{"name":{{Quoted(text)}},"kernel-release":{{Quoted(text)}},"machine":{{Quoted(text)}}}""",
        "guest-get-timezone" => $$"""{"offset":0,"zone":{{Quoted(text)}}}""",
        "guest-get-load" => """{"load1m":1,"load5m":1,"load15m":1}""",
        "guest-get-users" => $$"""[{"user":{{Quoted(text)}},"domain":{{Quoted(text)}},"login-time":1}]""",
        "guest-network-get-interfaces" => $$"""
            [{"name":{{Quoted(text)}},
              "ip-addresses":[{"ip-address":{{Quoted(text)}},"ip-address-type":"ipv4","prefix":8}]}]
            """,
        "guest-get-disks" => $$"""
            [{"name":{{Quoted(text)}},"partition":false,
              "address":{"pci-controller":{"domain":0,"bus":0,"slot":0,"function":0},
                "bus-type":{{Quoted(text)}},"bus":0,"target":0,"unit":0,"serial":{{Quoted(text)}} } }]
            """,
        "guest-get-fsinfo" => $$"""
            [{"name":{{Quoted(text)}},"mountpoint":{{Quoted(text)}},"type":{{Quoted(text)}},"disk":[],
              "used-bytes":1,"total-bytes":2}]
            """,
        "guest-fstrim" => $$"""{"paths":[{"path":{{Quoted(text)}},"error":{{Quoted(text)}}}]}""",
        "guest-ssh-get-authorized-keys" => $$"""{"keys":[{{Quoted(text)}}]}""",
        "guest-get-vcpus" => """[{"logical-id":0,"online":true}]""",
        "guest-get-memory-blocks" => """[{"phys-index":0,"online":false}]""",
        "guest-get-memory-block-info" => """{"size":1}""",
        "guest-get-time" => "1",
        _ => $$"""{"a":[{{Quoted(text)}},{{Quoted(Half)}}]}""",
    };

    private HttpResponseMessage Json(Type type, HttpStatusCode status = HttpStatusCode.OK) =>
        Of(Made(type), "application/json", status);

    private static HttpResponseMessage Of(
        string body,
        string kind = "application/json",
        HttpStatusCode status = HttpStatusCode.OK
    ) =>
        new(status) { Content = new StringContent(body.Replace(Half, "\\ud800", StringComparison.Ordinal), Encoding.UTF8, kind) };

    private static string Quoted(string value) => JsonSerializer.Serialize(value);

    private string Made(Type type) => Value(type, "")!.ToJsonString();

    private JsonNode? Value(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return name == "next" ? null : name == "state" ? "failed" : text;
        if (type == typeof(byte[])) return "AAAA";
        if (type == typeof(bool)) return true;
        if (type == typeof(DateTimeOffset)) return "2026-01-01T00:00:00Z";
        if (type == typeof(JsonElement) || type == typeof(JsonObject))
            return new JsonObject { ["command"] = text, ["path"] = text, ["args"] = new JsonArray(text) };
        if (type.IsPrimitive) return 1;
        if (type.IsGenericType && type.GetGenericArguments() is [var key, var of] && key == typeof(string))
            return name == "extensions" ? null : new JsonObject { [text] = Value(of, "") };
        if (type.IsArray)
            return new JsonArray(Value(type.GetElementType()!, ""));
        if (type.IsAssignableTo(typeof(IEnumerable)))
            return new JsonArray(Value(type.GetGenericArguments()[0], ""));
        var members = type.GetProperties()
            .Where(member => member.CanWrite && member.GetIndexParameters().Length == 0)
            .Select(member =>
                (
                    Name: JsonNamingPolicy.CamelCase.ConvertName(member.Name),
                    Value: Value(member.PropertyType, JsonNamingPolicy.CamelCase.ConvertName(member.Name))
                )
            );
        return new JsonObject(
            members.Where(member => member.Value is not null).Select(member => KeyValuePair.Create(member.Name, member.Value)));
    }
}
