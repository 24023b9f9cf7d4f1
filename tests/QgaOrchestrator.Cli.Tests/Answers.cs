namespace QgaOrchestrator.Cli.Tests;

/// <summary>What a node answers, as JSON, with the members of the contract.</summary>
internal static class Answers
{
    public const string NoToken =
        """{"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized","detail":"No token.","""
            + """ "remedy":"Pass one."}""";

    public static string Run(string state, int total = 2, int succeeded = 0, int failed = 0, int running = 0) => $$"""
        {"id":"r1","kind":"backup","state":"{{state}}","items":{"total":{{total}},"succeeded":{{succeeded}},"failed":{{failed}},
        "unreachable":0,"unknown":0,"pending":{{total - succeeded - failed - running}},"running":{{running}},"cancelled":0},
        "retryOf":null,
        "startedAt":"2026-11-23T12:00:00Z","endedAt":{{(
            state is "running" ? "null" : "\"2026-11-23T12:03:12Z\""
        )}},"somethingNew":1}
        """.ReplaceLineEndings("");

    public const string Good = """
        {"vm":"db1","host":"hv1","group":null,"state":"succeeded","step":"catalog","reason":null,"remedy":null,
        "attempt":1,"frozenMs":312,"point":"p1","index":0,"class":"filesystem","bytes":2147483648}
        """;

    /// <summary>Why <see cref="Bad"/> failed.</summary>
    public const string Hangs = "The guest did not answer to freeze within 30 s: a hook or a file system in it hangs.";

    public const string Bad = $$"""
        {"vm":"db2","host":"hv1","group":null,"state":"failed","step":"window",
        "reason":"{{Hangs}}",
        "remedy":"Look at the guest's freeze hooks, then retry.","attempt":1,"frozenMs":null,"point":null,"index":1}
        """;

    public static string Page(params string[] items) => $$"""{"items":[{{string.Join(',', items)}}],"next":null}""";

    public static string Event(string type, string data, string? id = null) =>
        $"event: {type}\n{(id is null ? "" : $"id: {id}\n")}data: {data.ReplaceLineEndings("").Trim()}\n\n";
}
