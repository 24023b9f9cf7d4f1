using System.Globalization;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// A line of JSON for each freeze, thaw and cut, written as it happens: a test that kills the node reads the times here.
/// </summary>
internal sealed class ReportFile(string path) : IDisposable
{
    private readonly StreamWriter _file = new(path, append: true) { AutoFlush = true };

    /// <summary>Called in the facts' order; the journal's lock serialises it.</summary>
    public void Append(Fact fact)
    {
        if (fact.Kind is not ("freeze" or "thaw" or "cut")) return;
        _file.WriteLine(QemuJson.Write(new JsonObject
        {
            ["at"] = fact.At.ToString("O", CultureInfo.InvariantCulture),
            ["vm"] = fact.Vm,
            ["fact"] = fact.Kind,
            ["epoch"] = fact.Epoch,
            ["count"] = fact.Count,
            ["frozen"] = fact.Frozen,
            ["connection"] = fact.By.Number,
            ["pid"] = fact.By.Pid,
        }));
    }

    public void Dispose() => _file.Dispose();
}
