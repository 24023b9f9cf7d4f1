using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>The contract's JSON: camelCase, nulls written (a list's <c>next</c> is a promise), no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = false,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(Vm))]
[JsonSerializable(typeof(Page<Vm>))]
[JsonSerializable(typeof(Host))]
[JsonSerializable(typeof(Page<Host>))]
[JsonSerializable(typeof(AgentCallReply))]
[JsonSerializable(typeof(WokenVm))]
[JsonSerializable(typeof(FileDigest))]
[JsonSerializable(typeof(FileWritten))]
[JsonSerializable(typeof(ProcessRequest))]
[JsonSerializable(typeof(ProcessEnd))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(Page<Run>))]
[JsonSerializable(typeof(ItemStatus))]
[JsonSerializable(typeof(Page<ItemStatus>))]
[JsonSerializable(typeof(Page<RunResult>))]
[JsonSerializable(typeof(RunProgress))]
[JsonSerializable(typeof(Point))]
[JsonSerializable(typeof(Page<Point>))]
[JsonSerializable(typeof(DeletedPoint))]
[JsonSerializable(typeof(EscrowedAccount))]
[JsonSerializable(typeof(Page<EscrowedAccount>))]
[JsonSerializable(typeof(CheckoutRequest))]
[JsonSerializable(typeof(ResealRequest))]
[JsonSerializable(typeof(Recipient))]
[JsonSerializable(typeof(Page<Recipient>))]
[JsonSerializable(typeof(RecipientRequest))]
[JsonSerializable(typeof(PointCheck))]
[JsonSerializable(typeof(RemovedRecipient))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(Page<Token>))]
[JsonSerializable(typeof(Page<AuditRecord>))]
[JsonSerializable(typeof(AuditChain))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(NodeAddress))]
public sealed partial class ApiJson : JsonSerializerContext;
