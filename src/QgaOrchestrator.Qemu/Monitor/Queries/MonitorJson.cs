using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>The replies that are read. Unknown members are ignored and all of ours are optional: versions differ.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower)]
[JsonSerializable(typeof(CurrentMachine))]
[JsonSerializable(typeof(MachineStatus))]
[JsonSerializable(typeof(QueryUuid.Reply), TypeInfoPropertyName = "UuidReply")]
[JsonSerializable(typeof(QueryVersion.Reply), TypeInfoPropertyName = "VersionReply")]
[JsonSerializable(typeof(QueryMigrate.Reply), TypeInfoPropertyName = "MigrateReply")]
[JsonSerializable(typeof(List<Chardev>))]
[JsonSerializable(typeof(List<BlockDevice>))]
[JsonSerializable(typeof(List<BlockNode>))]
[JsonSerializable(typeof(List<QueryPci.Bus>))]
[JsonSerializable(typeof(List<Job>))]
[JsonSerializable(typeof(JobStatusChange))]
[JsonSerializable(typeof(VserportChange))]
[JsonSerializable(typeof(List<QueryTpm.Tpm>))]
[JsonSerializable(typeof(JsonDocument))]
[JsonSerializable(typeof(string))]
internal sealed partial class MonitorJson : JsonSerializerContext;
