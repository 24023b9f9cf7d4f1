using System.Collections;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run's items by index, immutable. Kept in pages, so that an event of a run of ten thousand items copies those pages
/// alone in which it changes something.</summary>
public sealed class RunItems : IReadOnlyList<RunItem>
{
    private const int PageSize = 128;

    private readonly RunItem[][] _pages;

    private RunItems(RunItem[][] pages, int count) => (_pages, Count) = (pages, count);

    public static RunItems Of(IReadOnlyCollection<RunItem> items) => new([.. items.Chunk(PageSize)], items.Count);

    public int Count { get; }

    public RunItem this[int index] => _pages[index / PageSize][index % PageSize];

    public IEnumerator<RunItem> GetEnumerator() => _pages.SelectMany(page => page).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Changes to a run's items, gathered until they are complete.</summary>
    internal sealed class Builder(RunItems items)
    {
        private readonly RunItem[][] _pages = [.. items._pages];

        public int Count => items.Count;

        public RunItem this[int index]
        {
            get => _pages[index / PageSize][index % PageSize];
            set
            {
                ref var page = ref _pages[index / PageSize];
                if (ReferenceEquals(page, items._pages[index / PageSize])) page = [.. page];
                page[index % PageSize] = value;
            }
        }

        public RunItems ToItems() => new(_pages, items.Count);
    }
}
