namespace QgaOrchestrator.Core.Fleet.Directory;

/// <summary>Divides a list, or a change of it, into parts that are small enough for a message.</summary>
public static class ListParts
{
    /// <param name="bytesOf">The size of a VM in a message.</param>
    /// <param name="most">Bytes of one part.</param>
    public static IReadOnlyList<ListPart<T>> Of<T>(
        Guid incarnation, long from, long to, IEnumerable<T> seen, IEnumerable<string> left, Func<T, int> bytesOf, int most)
    {
        var packed = new List<(List<T> Seen, List<string> Left)> { ([], []) };
        var bytes = 0;
        foreach (var vm in seen)
        {
            Grow(bytesOf(vm));
            packed[^1].Seen.Add(vm);
        }
        foreach (var name in left)
        {
            Grow(name.Length);
            packed[^1].Left.Add(name);
        }
        return [.. packed.Select((part, i) => new ListPart<T>(incarnation, from, to, i, packed.Count, part.Seen, part.Left))];

        void Grow(int by)
        {
            if (bytes > 0 && bytes + by > most)
            {
                packed.Add(([], []));
                bytes = 0;
            }
            bytes += by;
        }
    }
}
