using System.Globalization;

namespace QgaOrchestrator.Api;

/// <summary>
/// The contract's routes: templates for the node, paths for clients. A VM in a path is its name, or host/name with the
/// slash escaped.
/// </summary>
public static class ApiRoutes
{
    public const string Vms = "/v1/vms";
    public const string Vm = "/v1/vms/{vm}";
    public const string AgentCall = "/v1/vms/{vm}/agent/{command}";
    public const string Wake = "/v1/vms/{vm}/wake";
    public const string VmFile = "/v1/vms/{vm}/file";
    public const string VmFileDigest = "/v1/vms/{vm}/file/digest";
    public const string VmExec = "/v1/vms/{vm}/exec";
    public const string VmPassword = "/v1/vms/{vm}/passwords/{user}";
    public const string VmPasswordCheckout = "/v1/vms/{vm}/passwords/{user}/checkout";
    public const string VmPasswordGeneration = "/v1/vms/{vm}/passwords/{user}/generations/{generation:int}";
    public const string Hosts = "/v1/hosts";
    public const string Host = "/v1/hosts/{host}";
    public const string HostDrain = "/v1/hosts/{host}/drain";
    public const string HostUndrain = "/v1/hosts/{host}/undrain";
    public const string Passwords = "/v1/passwords";
    public const string EscrowRecipients = "/v1/escrow/recipients";
    public const string EscrowRecipient = "/v1/escrow/recipients/{name}";
    public const string Runs = "/v1/runs";
    public const string Run = "/v1/runs/{id}";
    public const string RunItems = "/v1/runs/{id}/items";
    public const string RunEvents = "/v1/runs/{id}/events";
    public const string RunResults = "/v1/runs/{id}/results";
    public const string RunResultStream = "/v1/runs/{id}/results/{item:int}/{stream}";
    public const string RunPause = "/v1/runs/{id}/pause";
    public const string RunResume = "/v1/runs/{id}/resume";
    public const string RunAbort = "/v1/runs/{id}/abort";
    public const string RunRetry = "/v1/runs/{id}/retry";
    public const string RecoveryPoints = "/v1/recovery-points";
    public const string RecoveryPoint = "/v1/recovery-points/{id}";
    public const string RecoveryPointVerify = "/v1/recovery-points/{id}/verify";
    public const string RecoveryPointDisk = "/v1/recovery-points/{id}/disks/{index:int}";
    public const string RecoveryPointMachine = "/v1/recovery-points/{id}/machine/{file}";
    public const string Tokens = "/v1/tokens";
    public const string Token = "/v1/tokens/{name}";
    public const string Audit = "/v1/audit";
    public const string AuditCheck = "/v1/audit/check";
    public const string Health = "/healthz";
    public const string Ready = "/readyz";
    public const string Metrics = "/metrics";
    public const string OpenApi = "/openapi/v1.json";

    /// <summary>POST: the same key within a day gets the first answer again instead of a second run.</summary>
    public const string IdempotencyKeyHeader = "Idempotency-Key";
    /// <summary>A guest's file: how many bytes it had when it was opened; absent where nobody can tell.</summary>
    public const string FileSizeHeader = "Qga-File-Size";
    public const string LastEventIdHeader = "Last-Event-ID";
    public const string ProblemContentType = "application/problem+json";

    public static string VmPath(string vm) => $"{Vms}/{Uri.EscapeDataString(vm)}";

    public static string HostPath(string host) => $"{Hosts}/{Uri.EscapeDataString(host)}";

    public static string HostDrainPath(string host, bool on) => $"{HostPath(host)}/{(on ? "drain" : "undrain")}";

    public static string AgentCallPath(string vm, string command) => $"{VmPath(vm)}/agent/{Uri.EscapeDataString(command)}";

    public static string WakePath(string vm) => $"{VmPath(vm)}/wake";

    public static string VmFilePath(string vm) => $"{VmPath(vm)}/file";

    public static string VmFileDigestPath(string vm) => $"{VmPath(vm)}/file/digest";

    public static string VmExecPath(string vm) => $"{VmPath(vm)}/exec";

    /// <param name="vm">Also the UUID of a VM that is gone.</param>
    public static string VmPasswordPath(string vm, string user) => $"{VmPath(vm)}/passwords/{Uri.EscapeDataString(user)}";

    public static string EscrowRecipientPath(string name) => $"{EscrowRecipients}/{Uri.EscapeDataString(name)}";

    public static string RunPath(string id) => $"{Runs}/{Uri.EscapeDataString(id)}";

    public static string TokenPath(string name) => $"{Tokens}/{Uri.EscapeDataString(name)}";

    public static string RecoveryPointPath(string id) => $"{RecoveryPoints}/{Uri.EscapeDataString(id)}";

    public static string RecoveryPointVerifyPath(string id) => $"{RecoveryPointPath(id)}/verify";

    public static string RecoveryPointMachinePath(string id, string file) =>
        $"{RecoveryPointPath(id)}/machine/{Uri.EscapeDataString(file)}";

    public static string RecoveryPointDiskPath(string id, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{RecoveryPointPath(id)}/disks/{index}");
}
