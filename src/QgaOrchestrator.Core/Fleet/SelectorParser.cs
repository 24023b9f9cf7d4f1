namespace QgaOrchestrator.Core.Fleet;

/// <summary>Reads one selector from left to right; the first thing that does not fit is the error.</summary>
internal sealed class SelectorParser(string text)
{
    private int _at;

    public string? Error { get; private set; }

    /// <summary>The terms, or null with <see cref="Error"/>.</summary>
    public IReadOnlyList<SelectorTerm>? Parse()
    {
        var terms = new List<SelectorTerm>();
        var every = false;
        do
        {
            Space();
            if (Skip("*")) every = true;
            else if (Term() is { } term) terms.Add(term);
            else return null;
            Space();
        }
        while (Skip(","));
        if (_at < text.Length) return Expected<IReadOnlyList<SelectorTerm>>("a comma or the end");
        return every || terms.Count > 0 ? terms : Expected<IReadOnlyList<SelectorTerm>>("a label, name, host or *");
    }

    private SelectorTerm? Term()
    {
        if (Skip("!"))
        {
            Space();
            return Word(Key) is { } absent ? new(absent, null, true) : Expected<SelectorTerm>("a label after !");
        }
        if (Word(Key) is not { } key) return Expected<SelectorTerm>("a label, name, host or *");
        Space();
        if (Skip("!=")) return One(key, true);
        if (Skip("=")) return One(key, false);
        if (TakeWord("in")) return Several(key, false);
        if (TakeWord("notin")) return Several(key, true);
        return new(key, null, false);
    }

    private SelectorTerm? One(string key, bool negated)
    {
        Space();
        return Word(Value) is { } value ? new(key, [value], negated) : Expected<SelectorTerm>($"a value for {key}");
    }

    private SelectorTerm? Several(string key, bool negated)
    {
        var values = new List<string>();
        Space();
        if (!Skip("(")) return Expected<SelectorTerm>("( and a list of values");
        do
        {
            Space();
            if (Word(Value) is not { } value) return Expected<SelectorTerm>($"a value for {key}");
            values.Add(value);
            Space();
        }
        while (Skip(","));
        return Skip(")") ? new(key, values, negated) : Expected<SelectorTerm>("a comma or )");
    }

    private static bool Key(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/';

    private static bool Value(char c) => Key(c) || c is '*' or ':' or '@' or '+';

    private void Space()
    {
        while (_at < text.Length && text[_at] == ' ') _at++;
    }

    private bool Skip(string token)
    {
        if (!text.AsSpan(_at).StartsWith(token, StringComparison.Ordinal)) return false;
        _at += token.Length;
        return true;
    }

    private bool TakeWord(string word)
    {
        var start = _at;
        if (Word(Key) == word) return true;
        _at = start;
        return false;
    }

    private string? Word(Func<char, bool> fits)
    {
        var start = _at;
        while (_at < text.Length && fits(text[_at])) _at++;
        return _at > start ? text[start.._at] : null;
    }

    private T? Expected<T>(string what)
        where T : class
    {
        var found = _at < text.Length ? $"found '{text[_at]}'" : "it ends";
        Error ??= $"Selector '{text}': at character {_at + 1} {found} where {what} was expected.";
        return null;
    }
}
