namespace QgaOrchestrator.Cli.Tests;

/// <summary>A node with db1 and db2, both of app=db.</summary>
internal static class TwoVms
{
    public static FakeNode OfTwo()
    {
        var page = Answers.Page([
            .. ((string[])["db1", "db2"]).Select(vm =>
                $$"""{"name":"{{vm}}","id":"hv1/{{vm}}","uuid":null,"host":"hv1","labels":{},"agent":{"state":"ready","""
                    + $$""" "version":"7.2.0"},"frozen":false}"""
            ),
        ]);
        return new FakeNode().Answers("GET /v1/vms", page).Answers("GET /v1/vms?select=app%3Ddb", page);
    }
}
