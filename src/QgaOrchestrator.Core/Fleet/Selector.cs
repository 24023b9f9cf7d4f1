using System.Diagnostics.CodeAnalysis;

namespace QgaOrchestrator.Core.Fleet;

/// <summary>
/// Which VMs: terms separated by commas, all of which must hold. <c>*</c> is every VM; <c>key</c> and <c>!key</c> ask whether
/// there is a label; <c>key=value</c>, <c>key!=value</c>, <c>key in (a,b)</c> and <c>key notin (a,b)</c> compare it. The
/// keys <c>name</c>, <c>host</c> and <c>uuid</c> are the VM's own. In values <c>*</c> stands for any text. A VM without the
/// label satisfies <c>!=</c> and <c>notin</c>.
/// </summary>
public sealed class Selector
{
    private readonly IReadOnlyList<SelectorTerm> _terms;

    internal Selector(string text, IReadOnlyList<SelectorTerm> terms)
    {
        Text = text;
        _terms = terms;
    }

    /// <summary>Every VM.</summary>
    public static Selector All { get; } = new("*", []);

    /// <summary>Keys that no label can have.</summary>
    public static IReadOnlySet<string> OwnKeys { get; } = new HashSet<string> { "name", "host", "uuid" };

    /// <summary>As it was written.</summary>
    public string Text { get; }

    public bool Matches(VmIdentity vm) => _terms.All(term => term.Matches(vm));

    public override string ToString() => Text;

    /// <param name="error">Where the text went wrong (characters from 1) and what was expected there.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Selector? selector, [NotNullWhen(false)] out string? error)
    {
        var parser = new SelectorParser(text);
        var terms = parser.Parse();
        selector = terms is null ? null : new Selector(text, terms);
        error = parser.Error;
        return selector is not null;
    }

    /// <exception cref="FormatException">With the position and what was expected.</exception>
    public static Selector Parse(string text) =>
        TryParse(text, out var selector, out var error) ? selector : throw new FormatException(error);
}

/// <summary>One term: the key's value is among <paramref name="Values"/> (null: it exists), or not.</summary>
internal sealed record SelectorTerm(string Key, IReadOnlyList<string>? Values, bool Negated)
{
    public bool Matches(VmIdentity vm)
    {
        var value = Key switch
        {
            "name" => vm.Id.Name,
            "host" => vm.Id.Host,
            "uuid" => vm.Uuid,
            _ => vm.Labels.GetValueOrDefault(Key),
        };
        return Negated != (value is not null && (Values is null || Values.Any(pattern => Glob(pattern, value))));
    }

    private static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        // One level of backtracking is enough: a later star makes every earlier choice good.
        int p = 0, t = 0, star = -1, from = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, from) = (p++, t);
            else if (p < pattern.Length && pattern[p] == text[t]) (p, t) = (p + 1, t + 1);
            else if (star >= 0) (p, t) = (star + 1, ++from);
            else return false;
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
